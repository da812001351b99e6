"""What a latent graph costs: seconds and memory to build and to query it, by number of nodes and dimensions.

    python tests/bench/graphs.py                    all but the largest graph in 32 dimensions: some minutes
    python tests/bench/graphs.py 1000000x32         that one

Nodes are samples of N(0, I), the prior of an IWAE. In many dimensions this is the hardest case: nothing is near.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from vhp.latent.graph import LatentGraph

CASES = [(n, d) for d in (2, 32) for n in (1_000, 10_000, 100_000, 1_000_000) if (n, d) != (1_000_000, 32)]
K = 10
N_QUERIES = 2_000


def measure(cases: Sequence[tuple[int, int]] = CASES) -> list[dict[str, Any]]:
    """A row per case (number of nodes, dimensions), each in a process of its own, for a peak of memory of its own."""
    rows = []
    for one in cases:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            rows.append(pool.submit(_measure, *one).result())
    return rows


def _measure(n: int, d: int) -> dict[str, Any]:
    rng = np.random.Generator(np.random.PCG64(0))
    nodes = rng.standard_normal((n, d), np.float32)
    before = _peak_mib()
    graph, build, build_cpu = _timed(LatentGraph, nodes, K)
    _, nearest, _ = _timed(graph.nearest, rng.standard_normal((N_QUERIES, d), np.float32))
    pairs = rng.integers(0, n, (min(1_000, 10**8 // n), 2))
    # The first path takes the distances to the landmarks, once per graph.
    _, first, first_cpu = _timed(graph.shortest_paths, pairs[:1])
    paths, rest, rest_cpu = _timed(graph.shortest_paths, pairs[1:])
    return {
        "nodes": n,
        "dimensions": d,
        "k": K,
        "edges": len(graph.edges),
        "components": graph.n_components,
        "build_s": build,
        "build_cpu_s": build_cpu,
        f"{N_QUERIES}_nearest_s": nearest,
        "n_paths": len(pairs),
        "paths_s": first + rest,
        "paths_cpu_s": first_cpu + rest_cpu,
        "first_path_cpu_s": first_cpu,
        "edges_per_path": float(np.mean([len(path) - 1 for path in paths if path is not None])),
        "mib": _peak_mib() - before,
        "cores": len(os.sched_getaffinity(0)),
    }


def _timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float, float]:
    """The result, seconds, and seconds of processor time, which other programs' load does not lengthen."""
    start, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, time.perf_counter() - start, time.process_time() - cpu


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux


def case(text: str) -> tuple[int, int]:
    n, d = text.split("x")
    return int(n), int(d)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", type=case, metavar="NODESxDIMENSIONS", help="default: all but 1000000x32")
    for i, row in enumerate(row for one in parser.parse_args().cases or CASES for row in measure([one])):
        if i == 0:
            print("  ".join(row))
        cells = (f"{value:.2f}" if isinstance(value, float) else f"{value:,}" for value in row.values())
        print("  ".join(cell.rjust(len(name)) for name, cell in zip(row, cells, strict=True)), flush=True)


if __name__ == "__main__":
    main()
