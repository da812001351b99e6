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

from stages.reports.table import Table, markdown


@dataclass(frozen=True)
class Costs:
    """Seconds; docs/machines.md says which were measured and which are assumed."""

    small_stages: tuple[float, ...]  # interpolate, smoothness and representation: their own time
    worker_per_stage: float  # DVC on the worker: index, fetch, hash, publish
    head_per_stage: float  # the head's work on one result
    head_start: float  # reading the pipeline and sending it out
    collect_per_stage: float  # the head's last pull or checkout


def chains(cells: pd.DataFrame, n_cells: int, costs: Costs, seed: int = 0) -> np.ndarray:
    """Seconds of every stage on its worker, (n_cells, stages): measured cells, drawn at random with replacement."""
    drawn = cells.sample(n_cells, replace=True, random_state=seed)
    measured = drawn[["train_seconds", "eval_seconds"]].to_numpy()
    small = np.tile(costs.small_stages, (n_cells, 1))
    return np.concatenate([measured, small], axis=1) + costs.worker_per_stage


def makespan(seconds: np.ndarray, n_workers: int, head_per_stage: float) -> float:
    """Time until the head has the last result, from when the workers begin.

    seconds: (cells, stages). A worker does not wait between the stages of a cell, nor for the head.
    """
    free = [0.0] * min(n_workers, len(seconds))  # when each worker is free; already a heap
    results = []
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
    limit = max(limits, key=limits.get)
    speedup = seconds.sum() / total
    values = (f"{total / 60:.1f}", f"{speedup:.0f}", f"{100 * speedup / n_workers:.0f} %")
    return (str(n_workers), *values, f"{limit}: {limits[limit] / 60:.1f} min")


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
    small, meaning = (
        [4.5, 4.5, 6.0],
        "interpolate, smoothness and representation without DVC; seconds (default: %(default)s)",
    )
    parser.add_argument("--small-stages", type=float, nargs=3, default=small, help=meaning)
    arguments = vars(parser.parse_args())
    try:
        cells = pd.read_csv(arguments.pop("times"))
    except FileNotFoundError as error:
        parser.error(f"{error}; expected for instance docs/cell_times.csv")
    n_cells, workers = arguments.pop("cells"), arguments.pop("workers")
    costs = Costs(**arguments | {"small_stages": tuple(arguments["small_stages"])})
    print(markdown([table(chains(cells, n_cells, costs), workers, costs)]))


if __name__ == "__main__":
    main()
