"""dvc repro with several stages at once and a line per stage: `python -m stages.repro --jobs 2`.

DVC runs one stage after the other; here each ready stage is a `dvc --wait-for-lock repro --single-item` of its own, so
that DVC's locks and caches decide everything but the order. A plain `dvc repro` does the same job, one stage at a time.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

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


def schedule(graph: Graph, todo: set[str], jobs: int, run: Callable[[str], str], progress: Progress) -> list[str]:
    """Run every stage of todo after those of todo that it depends on, `jobs` at once; gives the stages that failed.

    run(stage) returns "run", "unchanged" or "failed". What depends on a failed stage is not run; everything else is.
    """
    waiting, finished, failed = dict.fromkeys(sorted(todo, key=list(graph).index)), set(), []
    futures: dict[Future, str] = {}

    def timed(stage: str) -> str:
        started = progress.started[stage] = time.monotonic()
        outcome = run(stage)
        del progress.started[stage]
        with lock:
            progress.finish(stage, outcome, started)
        return outcome

    lock = threading.Lock()
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
            # The terminal sent the signal to the stages, too: they end by themselves, and the pool waits for them.
            waiting.clear()
            raise
    return failed


def run_stage(stage: str, threads: int) -> str:
    """Reproduce one stage; what it printed is shown only if it fails."""
    command = ["dvc", "--wait-for-lock", "repro", "--single-item", stage]
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ, "TQDM_DISABLE": "1"}
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    if result.returncode:
        print(f"\n{stage} failed:\n{result.stdout.strip()}\n", file=sys.stderr, flush=True)
        return "failed"
    return "run" if "Running stage" in result.stdout else "unchanged"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1, help="stages at once; the cores are shared out among them")
    jobs = max(1, parser.parse_args().jobs)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    begun = time.monotonic()
    # First and alone: until the configurations are written, DVC cannot tell which runs they change.
    if run_stage("configure", threads) == "failed":
        raise SystemExit(1)
    graph, changed = pipeline()
    todo = affected(graph, changed)
    try:
        failed = schedule(graph, todo, jobs, lambda stage: run_stage(stage, threads), Progress(len(todo)))
    except KeyboardInterrupt:
        raise SystemExit("interrupted: the same command goes on where this one was") from None
    if failed:
        raise SystemExit(f"{len(failed)} stages failed: {', '.join(failed)}; mend the cause and repeat the command")
    print(f"{len(graph)} stages up to date, {len(todo)} of them visited, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
