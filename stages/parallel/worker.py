"""What happens on a worker, which needs no module of this project: Dask sends this file's classes by value.

Dask loads it on the scheduler and on workers of any revision, so it imports nothing of this project.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from configobj import ConfigObj
from distributed import Status, WorkerPlugin, get_worker
from distributed.utils import sync

TOPIC = "vhp"  # of the events that workers send to heads
POLL = 1.0  # seconds between two checks of a running stage
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS")
PRINTED = 20_000  # characters of a stage's output that the head gets at most


class UnfitError(RuntimeError):
    """This worker cannot do what others can; the message says what was found, what was expected and the remedy."""


def resource(revision: str) -> str:
    """Each worker that has the revision gets one unit of it, so that Dask gives work to no other."""
    return f"vhp-{revision[:12]}"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnfitError(f"git {arguments[0]} in {folder}: {done.stderr.strip()}")
    return done.stdout.strip()


class Workspaces(WorkerPlugin):
    """Gives a worker a clone of the checkout in which it was started, if that has the head's revision."""

    idempotent = True  # a second head with the same revision finds it prepared

    def __init__(self, revision: str):
        self.revision = revision
        self.name = resource(revision)
        self.base: Path | None = None
        self.workspace: Path | None = None
        self.unfit: str | None = None

    async def setup(self, worker) -> None:
        try:
            await asyncio.to_thread(self.prepare, Path.cwd(), Path(worker.local_directory, self.name))
        except (UnfitError, OSError, subprocess.SubprocessError) as error:
            worker.log_event(TOPIC, refusal(worker, self.revision, error))
        else:
            await worker.set_resources(**{self.name: 1})
            # Stages may have waited for a worker with this resource: the scheduler checks again when one begins to run.
            worker.status = Status.paused
            worker.status = Status.running

    def prepare(self, base: Path, workspace: Path) -> None:
        """A shared clone, which is made at once; with the base's cache, remotes and checkpoints."""
        if not (base / ".dvc").is_dir():
            raise UnfitError(
                f"found no DVC repository in {base}, expected a clone of the head's; start dask worker in it"
            )
        found = git(base, "rev-parse", "HEAD")
        if found != self.revision:
            raise UnfitError(
                f"found revision {found} in {base}, expected the head's {self.revision}; "
                f"`git fetch && git checkout {self.revision[:12]}` in it and start the worker again"
            )
        shutil.rmtree(workspace, ignore_errors=True)
        git(base, "clone", "--quiet", "--shared", str(base), str(workspace))
        git(workspace, "checkout", "--quiet", self.revision)
        settings = base / ".dvc" / "config.local"
        if settings.exists():
            shutil.copy(settings, workspace / ".dvc")
        command = [sys.executable, "-X", "utf8", "-m", "dvc", "cache", "dir"]
        cache = subprocess.run(command, cwd=base, capture_output=True, encoding="utf-8")
        if cache.returncode:
            raise UnfitError(f"dvc cache dir in {base}: {cache.stderr.strip()}")
        # Not by `dvc cache dir`, which writes ASCII only.
        config = ConfigObj(str(workspace / ".dvc" / "config.local"), encoding="utf-8")
        config.setdefault("cache", {})["dir"] = str(base / cache.stdout.strip())
        config.write()
        self.base, self.workspace = base, workspace


def require_disk(folder: Path, mib: int) -> None:
    free = shutil.disk_usage(folder).free // 2**20
    if free < mib:
        raise UnfitError(f"found {free} MiB free in {folder}, expected at least {mib}; make room and start it again")


def refusal(worker, revision: str, error: Exception) -> dict[str, str]:
    return {"refused": worker.address, "revision": revision, "why": str(error)}


def withdraw(worker, plugin: Workspaces, error: UnfitError) -> None:
    """Take no more work, so that a broken worker does not fail stages faster than the sound ones run them."""
    plugin.unfit = str(error)
    worker.log_event(TOPIC, refusal(worker, plugin.revision, error))
    # Only on the scheduler: if the worker lowered its own resources, it would keep what it was already given for ever.
    none_left = {"resources": {plugin.name: 0}, "worker": worker.contact_address}
    sync(worker.loop, worker.scheduler.set_resources, **none_left)


def run_stage(job: dict[str, Any], *upstream: dict[str, Any]) -> dict[str, Any]:
    """Reproduce job["stage"]; gives its entry in dvc.lock, to the stages after it and to the head.

    upstream: the results of the stages that it depends on. A stage that failed has no entry, and neither has one that
    depends on it. Raises UnfitError for what another worker may be able to do.
    """
    result = {"stage": job["stage"], "code": None, "printed": "", "entry": None}
    if any(before["entry"] is None for before in upstream):
        return result
    worker = get_worker()
    plugin = worker.plugins[resource(job["revision"])]
    if plugin.unfit:
        raise UnfitError(plugin.unfit)
    job = job | {"lock": job["lock"] | {before["stage"]: before["entry"] for before in upstream}}
    try:
        return result | Execution(worker, job).run()
    except UnfitError as error:
        withdraw(worker, plugin, error)
        raise


class Execution:
    """One stage on this worker."""

    def __init__(self, worker, job: dict[str, Any]):
        self.worker, self.job, self.key = worker, job, worker.get_current_task()
        self.plugin = worker.plugins[resource(job["revision"])]
        self.folder = self.plugin.workspace / ".dvc" / "tmp" / "vhp-step"
        self.lines: list[str] = []

    def environment(self) -> dict[str, str]:
        # Over Dask's own: its nannies allow each worker one thread, whatever --nthreads says.
        threads = dict.fromkeys(THREADS, str(self.worker.state.nthreads))
        return {
            # In the base, which outlives this worker and which other machines may see.
            "VHP_CHECKPOINTS": str(self.plugin.base / "runs" / "checkpoints"),
            **os.environ,
            **threads,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "TQDM_DISABLE": "1",
            "VHP_PROGRESS": str(self.folder / "progress.json"),
        }

    def run(self) -> dict[str, Any]:
        require_disk(self.plugin.workspace, self.job["min_free_mib"])
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "job.json").write_text(json.dumps(self.job))
        self.tell({"started": self.job["stage"]})
        python = [sys.executable, "-m"]
        process = subprocess.Popen(
            [*python, "stages.parallel.leash", *python, "stages.parallel.step", str(self.folder)],
            cwd=self.plugin.workspace,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        leash, printed = process.stdin, process.stdout
        assert leash and printed  # pipes, as was asked for
        reader = threading.Thread(target=lambda: self.lines.extend(printed))
        reader.start()
        with process:
            while process.poll() is None:
                time.sleep(POLL)
                self.tell_progress()
                if self.cancelled():
                    leash.close()  # the leash ends it
                    process.wait()
            reader.join()
        return self.judge(process.returncode, "".join(self.lines))

    def judge(self, code: int, printed: str) -> dict[str, Any]:
        """Its outcome. Raises UnfitError if this machine is at fault."""
        with contextlib.suppress(FileNotFoundError):
            result = json.loads((self.folder / "result.json").read_text())
            if "unfit" in result:
                raise UnfitError(f"{result['unfit']}\n{printed[-PRINTED:]}")
            if result:
                return {"code": code, "printed": printed[-PRINTED:], **result}
        # A program that finds the disk full may report it in its own words, or clean up before it ends.
        if "No space left on device" in printed:
            raise UnfitError(f"{self.job['stage']} found the disk full\n{printed[-PRINTED:]}")
        require_disk(self.plugin.workspace, self.job["min_free_mib"])
        return {"code": code, "printed": printed[-PRINTED:]}

    def tell(self, event: dict[str, Any]) -> None:
        self.worker.log_event(TOPIC, event | {"worker": self.worker.address})

    def tell_progress(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            beat = json.loads((self.folder / "progress.json").read_text())
            if beat != getattr(self, "beat", None):
                self.beat = beat
                self.tell({"stage": self.job["stage"], "beat": beat})

    def cancelled(self) -> bool:
        """No head wants the result any more."""
        task = self.worker.state.tasks.get(self.key)
        return task is None or task.state == "cancelled"
