"""A machine without a compiler runs the same code in eager mode and says so."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vhp.device import compilation


def double(x):
    return 2 * x


def test_without_a_compiler_the_function_itself_is_used_and_the_log_says_why(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with caplog.at_level(logging.WARNING):
        assert compilation.compiled(double, enabled=True) is double
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no C++ compiler" in caplog.text


def test_without_python_headers_the_function_itself_is_used(monkeypatch, tmp_path, caplog):
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compilation.sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    with caplog.at_level(logging.WARNING):
        assert compilation.compiled(double, enabled=True) is double
    assert "no Python headers" in caplog.text


def test_a_compiler_named_by_cxx_counts(monkeypatch, tmp_path):
    compiler = tmp_path / "my-compiler"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    (tmp_path / "Python.h").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(compilation.sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    monkeypatch.setenv("CXX", str(compiler))
    assert compilation.missing_for_compile() is None
    monkeypatch.delenv("CXX")
    assert compilation.missing_for_compile() == "no C++ compiler"


def test_disabled_compilation_is_silent(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.DEBUG):
        assert compilation.compiled(double, enabled=False) is double
    assert not caplog.records


def test_too_little_work_is_not_compiled_and_the_log_says_so(caplog):
    with caplog.at_level(logging.INFO):
        assert not compilation.worth_compiling(True, 99, least=100, unit="steps")
        assert "not compiled: 99 steps" in caplog.text
        caplog.clear()
        assert compilation.worth_compiling(True, 100, least=100, unit="steps")
        assert not compilation.worth_compiling(False, 1e9, least=100, unit="steps")
        assert not compilation.worth_compiling(False, 1, least=100, unit="steps")
    assert not caplog.records


TWICE = """
import torch
from torch._dynamo.utils import counters
from vhp.device.compilation import compiled
x = torch.linspace(0, 1, 50)
assert torch.allclose(compiled(lambda x: (x.sin() * 2).exp(), True)(x), (x.sin() * 2).exp())
found = counters["aot_autograd"]["autograd_cache_hit"] + counters["inductor"]["fxgraph_cache_hit"]
print("hit" if found else "miss")
"""


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "TORCHINDUCTOR_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", TWICE]
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == ["miss", "hit"]
    assert (tmp_path / "vhp" / "compiled").is_dir()
