"""How long a matrix would take on a cluster: `python -m stages.parallel.simulation docs/cell_times.csv`.

A list-scheduling simulation. Each cell is a chain of stages; a free worker continues the cell whose last stage it
ran, else it takes the next cell, as Dask does if the result of the stage before is on that worker. Every stage
costs its own seconds, what DVC needs on the worker, and some time of the head, which handles one result after the
other. Prints the makespan for several numbers of workers beside its lower bounds, the largest of which limits it.
"""

import argparse
import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.command import command
from stages.reports.table import Table, markdown

MEASURED = ["train_seconds", "eval_seconds"]  # of a cell


@dataclass(frozen=True)
class Costs:
    """Seconds; docs/machines.md says which were measured and which are assumed."""

    small_stages: tuple[float, ...]  # interpolate, smoothness and representation: their own time
    worker_per_stage: float  # DVC on the worker: index, fetch, hash, publish
    head_per_stage: float  # the head's work on one result
    head_start: float  # reading the pipeline and sending it out
    collect_per_stage: float  # the head's last pull or checkout


def read(path: Path) -> pd.DataFrame:
    """The measured cells, columns MEASURED. Raises ValueError for a file that has none, and OSError."""
    try:
        cells = pd.read_csv(path, usecols=MEASURED, dtype=float)
    except ValueError as error:
        raise ValueError(f"{path}: found no CSV with numbers in {' and '.join(MEASURED)}: {error}") from error
    if cells.empty or cells.isna().any(axis=None):
        raise ValueError(
            f"{path}: found no cells, or some without a time, expected numbers in {' and '.join(MEASURED)}"
        )
    return cells


def chains(cells: pd.DataFrame, n_cells: int, costs: Costs) -> np.ndarray:
    """Seconds of every stage on its worker, (n_cells, stages): measured cells, drawn at random with replacement."""
    drawn = cells.sample(n_cells, replace=True, random_state=0)
    measured = drawn[MEASURED].to_numpy()
    small = np.tile(costs.small_stages, (n_cells, 1))
    return np.concatenate([measured, small], axis=1) + costs.worker_per_stage


def makespan(seconds: np.ndarray, n_workers: int, head_per_stage: float) -> float:
    """Time until the head has the last result, from when the workers begin.

    seconds: (cells, stages). A worker does not wait between the stages of a cell, nor for the head.
    """
    free = [0.0] * min(n_workers, len(seconds))  # when each worker is free; already a heap
    results: list[float] = []
    for chain in seconds:
        start = heapq.heappop(free)
        ends = start + np.cumsum(chain)
        results.extend(ends)
        heapq.heappush(free, ends[-1])
    head = 0.0
    for arrival in sorted(results):
        head = max(head, arrival) + head_per_stage
    return head


def bounds(seconds: np.ndarray, n_workers: int, head_per_stage: float) -> dict[str, float]:
    """Lower bounds of any schedule, by their cause."""
    return {
        "workers": seconds.sum() / n_workers,
        "longest cell": seconds.sum(axis=1).max(),
        "head": seconds.size * head_per_stage,
    }


def row(seconds: np.ndarray, n_workers: int, costs: Costs) -> tuple[str, ...]:
    end = costs.head_start + costs.collect_per_stage * seconds.size
    total = makespan(seconds, n_workers, costs.head_per_stage) + end
    limits = bounds(seconds, n_workers, costs.head_per_stage) | {"head's start and end": end}
    limit, longest = max(limits.items(), key=lambda item: item[1])
    speedup = seconds.sum() / total
    values = (f"{total / 60:.1f}", f"{speedup:.0f}", f"{100 * speedup / n_workers:.0f} %")
    return (str(n_workers), *values, f"{limit}: {longest / 60:.1f} min")


def table(seconds: np.ndarray, workers: Sequence[int], costs: Costs) -> Table:
    columns = ("workers", "makespan, min", "speed-up", "efficiency", "largest lower bound")
    title = f"{len(seconds):,} cells, {seconds.sum() / 3600:.1f} worker hours"
    return Table(title, columns, tuple(row(seconds, n, costs) for n in workers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=Path, help="CSV with train_seconds and eval_seconds, as reports/*/results.csv")
    parser.add_argument("--cells", type=int, default=1000, help="drawn from the CSV's (default: %(default)s)")
    workers = [1, 10, 30, 100, 300, 1000]
    parser.add_argument("--workers", type=int, nargs="+", default=workers, help="a row each (default: %(default)s)")
    for name, default, meaning in (
        ("worker-per-stage", 3.0, "DVC on the worker: index, fetch, hash, publish"),
        ("head-per-stage", 0.01, "the head's work on one result (assumed)"),
        ("head-start", 110.0, "the head reads dvc.yaml and dvc.lock, makes the graph and sends the stages"),
        ("collect-per-stage", 0.12, "the head's last checkout or pull, and its writing of dvc.lock"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, help=f"{meaning}; seconds (default: {default})")
    meaning = "interpolate, smoothness and representation without DVC; seconds (default: %(default)s)"
    parser.add_argument("--small-stages", type=float, nargs=3, default=[4.5, 4.5, 6.0], help=meaning)
    arguments = vars(parser.parse_args())
    times, n_cells, workers = (arguments.pop(name) for name in ("times", "cells", "workers"))
    if min(n_cells, *workers) < 1:
        parser.error(f"--cells {n_cells} --workers {workers}: expected at least 1 of each")
    costs = Costs(**arguments | {"small_stages": tuple(arguments["small_stages"])})
    with command("simulation"):
        print(markdown([table(chains(read(times), n_cells, costs), workers, costs)]))


if __name__ == "__main__":
    main()
