"""Freed memory stays in the process if the C library has this setting."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from vhp.device import memory

# A small allocation survives between the large ones, as in training; each large one is 8 MiB, 2,048 pages of 4 KiB.
PROGRAM = """
import resource, sys
import torch
from vhp.device.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def churn(times):
    for _ in range(times):
        a = torch.ones(2 * 2**20)
        b = a * 2
        del a
        c = b + 1
churn(20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
churn(200)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    root = Path(__file__).parents[2]
    # The library's first threshold, held: by default it adapts, and what a program gives back is a matter of chance.
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(128 * 2**10)}
    command = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_kept_memory_is_not_cleared_anew_by_the_kernel():
    assert page_faults("keep") < page_faults("default") / 4


def test_a_c_library_without_mallopt_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert not memory.keep_freed_memory()


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert not memory.keep_freed_memory()
