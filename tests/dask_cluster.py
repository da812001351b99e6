"""A Dask cluster of processes on this machine, for tests: a scheduler, and workers in clones of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sandbox

from stages.parallel import certificates

pytest.importorskip("distributed", reason="needs the optional extra: make cluster")

WAIT = 240.0  # seconds, after which a test that waits has failed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """All below one folder; closed, it leaves no process."""

    def __init__(self, folder: Path, tls: Path | None = None):
        """tls: the folder with certificates, without which nobody takes part."""
        self.folder, self.port = folder, free_port()
        self.address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{self.port}"
        self.tls = certificates.options(tls).split() if tls else []
        self.processes: list[subprocess.Popen] = []
        self.scheduler = self.start_scheduler()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def start(self, name: str, module: str, *arguments: str, cwd: Path, **environment: str) -> subprocess.Popen:
        # To a file: a pipe that is not read would stop it.
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=cwd,
                env=sandbox.environment(**environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen:
        """Outside every clone: it must not need the project's code."""
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        options = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        module = "distributed.cli.dask_scheduler"
        return self.start("scheduler", module, *options, *self.tls, cwd=elsewhere, PYTHONPATH="")

    def start_worker(self, clone: Path, scratch: Path | None = None, **environment: str) -> subprocess.Popen:
        """Without a nanny, so that a killed one stays dead."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", clone.name, "--death-timeout", "60")
        where = ("--local-directory", str(scratch or self.folder / f"scratch-{clone.name}"))
        module = "distributed.cli.dask_worker"
        return self.start(clone.name, module, self.address, *options, *self.tls, *where, cwd=clone, **environment)

    def repro(self, folder: Path, *arguments: str) -> subprocess.Popen:
        """A head in this folder."""
        process = sandbox.repro(folder, "--scheduler", self.address, *arguments)
        self.processes.append(process)
        return process


def clone(head: Path, name: str) -> Path:
    """A clone beside the head, with the head's local settings: the remote, or the shared cache."""
    folder = head.parent / name
    sandbox.call(head, "git", "clone", "--quiet", str(head), str(folder))
    settings = head / ".dvc" / "config.local"
    if settings.exists():
        shutil.copy(settings, folder / ".dvc")
    return folder


def use_remote(folder: Path, store: Path) -> None:
    store.mkdir(exist_ok=True)
    sandbox.call(folder, "dvc", "remote", "add", "--force", "--local", "--default", "store", str(store))


def share_cache(folder: Path, cache: Path) -> None:
    sandbox.call(folder, "dvc", "cache", "dir", "--local", str(cache))


def finish(process: subprocess.Popen, code: int = 0) -> str:
    """What it printed; the test fails if it ends otherwise, or never."""
    try:
        printed, _ = process.communicate(timeout=WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        printed, _ = process.communicate()
        raise AssertionError(f"not finished after {WAIT} s:\n{printed}") from None
    assert process.returncode == code, printed
    return printed


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, f"{what}: waited {WAIT} s"
        time.sleep(0.05)


def kill(process: subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def ran(printed: str) -> list[str]:
    """The stages that a `dvc repro` ran, from what it printed."""
    return [line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")]
