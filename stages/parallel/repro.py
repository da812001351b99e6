"""dvc repro with several stages at once and a display of their progress: `python -m stages.parallel.repro --jobs 2`.

DVC runs one stage after the other; this program runs each ready stage as a `dvc --wait-for-lock repro --single-item` of
its own, so that DVC's locks and caches decide everything but the order. A plain `dvc repro` does the same, one stage at
a time. With --scheduler, --slurm or the like the runs' stages go to the workers of a Dask cluster: docs/machines.md.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NamedTuple, NoReturn

from stages.clones.lock import REPRO, BusyError, Lock
from stages.parallel.arguments import parse
from stages.parallel.display import Display
from stages.parallel.graph import Pipeline, affected, needed, read_pipeline
from stages.parallel.local import Stages, cores, schedule
from stages.parallel.standing import Standing


class Visit(NamedTuple):
    """What became of the pipeline."""

    pipeline: Pipeline  # as it was before
    asked: set[str]  # stages
    todo: set[str]  # of them, those that were out of date


def interrupt_by_signal(*_) -> NoReturn:
    raise KeyboardInterrupt


def only_one() -> Lock:
    """Two of these programs in one workspace would wait for each other's locks and start stages twice."""
    try:
        return Lock(REPRO)
    except BusyError as error:
        raise SystemExit(
            f"repro: {error} in this folder, expected none; wait until it has ended or stop it, or use another clone"
        ) from error


def on_cluster(
    arguments: argparse.Namespace,
    pipeline: Pipeline,
    todo: set[str],
    stages: Stages,
    params: dict[str, Any],
    revision: str,
    display: Display,
) -> None:
    """The data stages on this machine, the runs on workers, the rest on this machine."""
    from stages.parallel import cluster, queues

    sent = cluster.travelling(todo)
    after = affected(pipeline.graph, set(sent)) - set(sent)
    run_here(pipeline, todo - set(sent) - after, arguments.jobs, stages, display)
    lost = affected(pipeline.graph, set(stages.failures))
    if sent := {stage: run for stage, run in sent.items() if stage not in lost}:
        gpu = frozenset(arguments.gpu)
        options = cluster.Options(revision, arguments.remote, gpu, arguments.min_free, arguments.patience)
        if warning := queues.unprotected(arguments):
            display.note(warning)
        with queues.workers(arguments) as connect:
            stages.failures |= cluster.run(connect, pipeline, sent, params, options, display)
    lost = affected(pipeline.graph, set(stages.failures))
    run_here(pipeline, (todo & after) - lost, arguments.jobs, stages, display)


def run_here(pipeline: Pipeline, todo: set[str], jobs: int, stages: Stages, display: Display) -> None:
    schedule(pipeline.graph, todo, jobs, stages.run, display, stages.interrupt, lambda: stages.show(display))


def prepare_cluster(arguments: argparse.Namespace) -> str:
    """The revision of the workers' code. Refuses what would be refused after hours of the stages on this machine.

    Raises ValueError for uncommitted code, and for certificates or a batch system that cannot be used.
    """
    try:
        from stages.parallel import cluster, queues

        queues.check(arguments)
    except ModuleNotFoundError as error:
        raise SystemExit(f"repro: found no module {error.name}; `make cluster` installs it") from error
    revision = cluster.head_revision()
    cluster.collect(arguments.remote)
    return revision


def repro(arguments: argparse.Namespace, stages: Stages) -> Visit:
    """Bring the pipeline up to date."""
    standing = Standing()
    revision = prepare_cluster(arguments) if arguments.scheduler or arguments.batch else None
    # First and alone: until the configurations are written, DVC cannot tell which runs they change.
    if stages.run("configure") == "failed":
        raise SystemExit(stages.failures["configure"])
    pipeline = read_pipeline(arguments.allow_missing)
    standing.resolved(list(pipeline.graph))
    stages.check = standing.check
    asked = needed(pipeline.graph, set(arguments.only)) if arguments.only else set(pipeline.graph)
    todo = affected(pipeline.graph, pipeline.changed) & asked
    if arguments.allow_missing:  # not for the configurations: every run needs its own
        stages.options.append("--allow-missing")
        stages.without_options = pipeline.outdated  # DVC would take their files for unchanged, too
    with Display(len(todo)) as display:
        if revision is not None:
            on_cluster(arguments, pipeline, todo, stages, standing.params, revision, display)
        else:
            run_here(pipeline, todo, arguments.jobs, stages, display)
    return Visit(pipeline, asked, todo)


def warn_of_uncommitted() -> None:
    """Before hours are spent: each result names the revision of its code, if git says one."""
    asking = ["git", "status", "--porcelain", "--", "stages", "vhp"]
    try:
        changed = subprocess.run(asking, capture_output=True, text=True)
    except OSError:  # no git that can be run
        return
    if files := changed.stdout.splitlines():
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        print(
            f"{files[0][3:]}{more}: not committed, so that results will say -dirty beside the revision", file=sys.stderr
        )


def show(failed: Mapping[str, str]) -> None:
    """What each failed stage printed."""
    for stage, printed in failed.items():
        print(f"\n== {stage} failed ==\n{printed}", file=sys.stderr)


def report_failures(failed: Mapping[str, str], visit: Visit) -> NoReturn:
    """What each failed stage printed, and what could not run without it."""
    show(failed)
    lost = (affected(visit.pipeline.graph, set(failed)) & visit.todo) - set(failed)
    if lost:
        print(f"\nnot run, since they depend on these: {', '.join(sorted(lost))}", file=sys.stderr)
    raise SystemExit(f"{len(failed)} stages failed: {', '.join(failed)}; fix the cause and repeat the command")


def main() -> None:
    arguments = parse()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as SIGHUP is below nohup
            signal.signal(number, interrupt_by_signal)
    warn_of_uncommitted()
    begun = time.monotonic()
    stages = Stages(threads=max(1, cores() // arguments.jobs))
    try:
        with closing(only_one()):
            visit = repro(arguments, stages)
    except (ValueError, OSError) as error:
        show(stages.failures)
        raise SystemExit(f"repro: {error}") from error
    except KeyboardInterrupt:
        stages.interrupt()
        raise SystemExit("interrupted: repeat the command to resume") from None
    if stages.failures:
        report_failures(stages.failures, visit)
    seconds = time.monotonic() - begun
    print(f"{len(visit.asked)} stages up to date, {len(visit.todo)} of them visited, in {seconds:.0f} s")


if __name__ == "__main__":
    main()
