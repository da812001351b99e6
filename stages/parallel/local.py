"""Several stages at once on this machine, each a `dvc --wait-for-lock repro --single-item` of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import joblib

from stages.parallel.display import Display
from stages.parallel.graph import Graph
from stages.runs import progress

ARGUMENTS = ("--wait-for-lock", "repro", "--single-item")


def cores() -> int:
    """Those that this process may use: batch systems limit them by an affinity, containers by a share of the time."""
    return joblib.cpu_count()


def environment(threads: int) -> dict[str, str]:
    """The environment of a stage that may use so many cores. What the user has set is kept."""
    # torch, MKL, OpenBLAS and scikit-learn obey OpenMP's variable.
    shares = {"OMP_NUM_THREADS": str(threads), "TORCHINDUCTOR_COMPILE_THREADS": str(threads)}
    return {**shares, **os.environ, "TQDM_DISABLE": "1"}


def schedule(
    graph: Graph,
    todo: set[str],
    jobs: int,
    run: Callable[[str], str],
    display: Display,
    interrupt: Callable[[], None] = lambda: None,
    tick: Callable[[], None] = lambda: None,
) -> list[str]:
    """Run every stage of todo after those of todo that it depends on, `jobs` at once; gives the stages that failed.

    run(stage) gives its outcome in a word; "failed" keeps what depends on the stage from running, and nothing else.
    interrupt() is called at a KeyboardInterrupt, before the running stages are awaited; tick() every second.
    """
    waiting = dict.fromkeys(sorted(todo, key=list(graph).index))
    finished: set[str] = set()
    failed: list[str] = []
    futures: dict[Future, str] = {}

    def shown(stage: str) -> str:
        display.start(stage)
        outcome = run(stage)
        display.finish(stage, outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or futures:
                ready = [stage for stage in waiting if graph[stage] & todo <= finished]
                for stage in ready[: jobs - len(futures)]:
                    del waiting[stage]
                    futures[pool.submit(shown, stage)] = stage
                if not futures:
                    break  # all that is left depends on something that failed
                done, _ = wait(futures, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    stage = futures.pop(future)
                    if future.result() == "failed":
                        failed.append(stage)
                    else:
                        finished.add(stage)
                tick()
        except KeyboardInterrupt:
            interrupt()
            raise
    return failed


class Leashed:
    """A command with all its processes: they end when end() is called, and when this process dies."""

    def __init__(self, command: list[str], **options):
        # In a session of its own, so that the terminal's Ctrl-C reaches it once, from end().
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stages.parallel.leash", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **options,
        )
        assert self.process.stdin and self.process.stdout  # pipes, as was asked for
        self.leash, self.printed = self.process.stdin, self.process.stdout

    def output(self) -> str:
        """What it printed, once it has ended."""
        with self.printed:
            printed = self.printed.read()
        self.process.wait()
        return printed

    def end(self) -> None:
        self.leash.close()


def outcome(code: int, printed: str) -> str:
    """The outcome of `dvc repro` of one stage, in a word."""
    if code:
        return "failed"
    if "Running stage" in printed:
        return "run"
    return "cached" if "is cached" in printed else "unchanged"


class Stages:
    """Runs stages by DVC, and can interrupt those that are running."""

    def __init__(self, threads: int):
        self.environment = environment(threads)
        self.options: list[str] = []  # of `dvc repro`, beside ARGUMENTS
        self.without_options: Set[str] = frozenset()  # stages that are run without these
        self.running: dict[str, Leashed] = {}
        self.failures: dict[str, str] = {}  # what the failed stages printed
        self.interrupted = False
        self.check: Callable[[str], None] = lambda stage: None  # raises ValueError for one that must not be run
        self.beats = tempfile.TemporaryDirectory(prefix="vhp-progress-")

    def _beat(self, stage: str) -> Path:
        return Path(self.beats.name, f"{stage}.json")

    def run(self, stage: str) -> str:
        """Reproduce one stage; gives its outcome, and keeps what it printed if it failed."""
        if self.interrupted:
            return "stopped"
        try:
            self.check(stage)
        except ValueError as error:
            self.failures[stage] = str(error)
            return "failed"
        options = [] if stage in self.without_options else self.options
        command = [sys.executable, "-m", "stages.parallel.dvc_command", *ARGUMENTS, *options, stage]
        leashed = Leashed(command, env=self.environment | {progress.VARIABLE: str(self._beat(stage))})
        self.running[stage] = leashed
        if self.interrupted:  # meanwhile
            leashed.end()
        printed = leashed.output()
        del self.running[stage]
        leashed.end()
        code = leashed.process.returncode
        if code and self.interrupted:
            return "stopped"
        if code:
            self.failures[stage] = printed.strip()
        return outcome(code, printed)

    def show(self, display: Display) -> None:
        """Show the progress of the running stages."""
        for stage in list(self.running):
            if beat := progress.read(self._beat(stage)):
                display.step(stage, beat)

    def interrupt(self) -> None:
        """End every running stage with all its processes; run() returns as soon as they have ended."""
        self.interrupted = True
        for leashed in list(self.running.values()):
            leashed.end()
