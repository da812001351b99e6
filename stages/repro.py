"""dvc repro with several stages at once and a line per stage: `python -m stages.repro --jobs 2`.

DVC runs one stage after the other; here each ready stage is a `dvc --wait-for-lock repro --single-item` of its own, so
that DVC's locks and caches decide everything but the order. A plain `dvc repro` does the same job, one stage at a time.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NoReturn

# Seconds that an interrupted stage has to end by itself. It may not even hear of it: a program that a shell started in
# the background ignores SIGINT, and so do its children.
PATIENCE = 5.0

Graph = Mapping[str, set[str]]  # stage -> the stages that it depends on


def pipeline() -> tuple[dict[str, set[str]], set[str]]:
    """The pipeline as it is now: its graph, and the stages that DVC finds changed."""
    # Imported here: it takes most of a second, which the tests of the scheduling need not wait for.
    from dvc.repo import Repo

    with Repo() as repo:
        graph = {stage.addressing: {s.addressing for s in repo.index.graph[stage]} for stage in repo.index.graph}
        return graph, set(repo.status())


def affected(graph: Graph, changed: set[str]) -> set[str]:
    """The changed stages and all that depend on them, directly or not."""
    found = set(changed) & set(graph)
    while more := {stage for stage, needs in graph.items() if needs & found} - found:
        found |= more
    return found


def needed(graph: Graph, names: set[str]) -> set[str]:
    """The stages with the given names (of a matrix all its stages) and all that they depend on, directly or not.

    Raises ValueError for a name that no stage has.
    """
    known = {stage.partition("@")[0] for stage in graph}
    if unknown := names - known:
        raise ValueError(f"found no stage {', '.join(sorted(unknown))}, expected one of {', '.join(sorted(known))}")
    found = {stage for stage in graph if stage.partition("@")[0] in names}
    while more := {need for stage in found for need in graph[stage]} - found:
        found |= more
    return found


class Progress:
    """A line per finished stage, and on a terminal a last line that says what is running."""

    def __init__(self, total: int):
        self.total, self.done = total, 0
        self.started: dict[str, float] = {}
        self.terminal = sys.stdout.isatty()

    def finish(self, stage: str, outcome: str, started: float) -> None:
        self.done += 1
        self._clear()
        width = len(str(self.total))
        seconds = time.monotonic() - started
        print(f"[{self.done:{width}}/{self.total}] {stage:<42} {outcome:<9} {seconds:7.1f} s", flush=True)

    def running(self) -> None:
        if self.terminal and self.started:
            now = time.monotonic()
            self._clear()
            print(", ".join(f"{s} {now - t:.0f} s" for s, t in list(self.started.items()))[:100], end="", flush=True)

    def _clear(self) -> None:
        if self.terminal:
            print("\r\033[K", end="")


def schedule(
    graph: Graph,
    todo: set[str],
    jobs: int,
    run: Callable[[str], str],
    progress: Progress,
    interrupt: Callable[[], None] = lambda: None,
) -> list[str]:
    """Run every stage of todo after those of todo that it depends on, `jobs` at once; gives the stages that failed.

    run(stage) says how it went, in a word; "failed" keeps what depends on the stage from running, and nothing else.
    interrupt() is called at a KeyboardInterrupt, before what is running is waited for.
    """
    waiting, finished, failed = dict.fromkeys(sorted(todo, key=list(graph).index)), set(), []
    futures: dict[Future, str] = {}
    lock = threading.Lock()

    def timed(stage: str) -> str:
        with lock:
            started = progress.started[stage] = time.monotonic()
        outcome = run(stage)
        with lock:
            del progress.started[stage]
            progress.finish(stage, outcome, started)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or futures:
                ready = [stage for stage in waiting if graph[stage] & todo <= finished]
                for stage in ready[: jobs - len(futures)]:
                    del waiting[stage]
                    futures[pool.submit(timed, stage)] = stage
                if not futures:
                    break  # all that waits depends on something that failed
                done, _ = wait(futures, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    stage = futures.pop(future)
                    if future.result() == "failed":
                        failed.append(stage)
                    else:
                        finished.add(stage)
                with lock:
                    progress.running()
        except KeyboardInterrupt:
            interrupt()
            raise
    return failed


class Stages:
    """Runs stages by DVC, and can interrupt those that are running."""

    def __init__(self, threads: int):
        self.environment = {"OMP_NUM_THREADS": str(threads), **os.environ, "TQDM_DISABLE": "1"}
        self.processes: set[subprocess.Popen] = set()
        self.interrupted = False

    def run(self, stage: str) -> str:
        """Reproduce one stage; what it printed is shown only if it fails."""
        # In a session of its own, so that the terminal's Ctrl-C reaches it once, from interrupt().
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        self.processes.add(process)
        printed, _ = process.communicate()
        self.processes.discard(process)
        if process.returncode:
            if self.interrupted:
                return "stopped"
            print(f"\n{stage} failed:\n{printed.strip()}\n", file=sys.stderr, flush=True)
            return "failed"
        if "Running stage" in printed:
            return "run"
        return "cached" if "is cached" in printed else "unchanged"

    def interrupt(self) -> None:
        """End every running stage with all its processes: SIGINT lets DVC release its locks, SIGTERM ends the rest."""
        self.interrupted = True
        running = list(self.processes)
        for number in (signal.SIGINT, signal.SIGTERM):
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and self.processes:
                time.sleep(0.1)


def interrupt_by_signal(*_) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="stages at once; the cores are shared out among them")
    parser.add_argument("--only", nargs="+", metavar="STAGE", help="these and what they need, for instance evaluate")
    arguments = parser.parse_args()
    jobs = max(1, arguments.jobs)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, interrupt_by_signal)
    begun = time.monotonic()
    stages = Stages(threads=max(1, (os.cpu_count() or 1) // jobs))
    try:
        # First and alone: until the configurations are written, DVC cannot tell which runs they change.
        if stages.run("configure") == "failed":
            raise SystemExit(1)
        graph, changed = pipeline()
        todo = affected(graph, changed)
        if arguments.only:
            todo &= needed(graph, set(arguments.only))
        failed = schedule(graph, todo, jobs, stages.run, Progress(len(todo)), stages.interrupt)
    except ValueError as error:
        raise SystemExit(f"repro: {error}") from error
    except KeyboardInterrupt:
        stages.interrupt()
        raise SystemExit("interrupted: the same command goes on where this one was") from None
    if failed:
        raise SystemExit(f"{len(failed)} stages failed: {', '.join(failed)}; mend the cause and repeat the command")
    print(f"{len(graph)} stages up to date, {len(todo)} of them visited, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
