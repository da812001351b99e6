"""docs/results.md: human motion over the seeds of the supplement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from stages.check.quotations.sources import Sources, cells, span
from vhp.latent.path_difference import path_difference
from vhp.names import METHODS, method_name

BASIS = "vhp_rewo"
MEASURES = ("smoothness", "roughness")

Runs = Sequence[Mapping[str, Any]]  # of one method, a seed each


def quoted(sources: Sources) -> Iterator[str]:
    runs = sources.supplement("motion", "motion")
    of_method = {m: [run for run in runs.values() if run["config"]["run"]["method"] == m] for m in METHODS}
    for method in METHODS:
        yield cells(method_name(method), *likelihood(of_method[method]), *paths(of_method[method]))
    for method in METHODS:
        lead = [] if method == BASIS else [against(of_method[method], of_method[BASIS], m) for m in MEASURES]
        yield cells(method_name(method), *smooth(of_method[method]), *(lead or ["–"] * len(MEASURES)))


def likelihood(runs: Runs) -> Iterator[str]:
    """Means over the seeds, with their standard deviations."""
    for key in ("nll", "refined_nll"):
        nll = np.array([run["likelihood"][key] for run in runs])
        yield f"{nll.mean():.2f} ± {nll.std(ddof=1):.2f}"


def paths(runs: Runs) -> Iterator[str]:
    """Ranges over the seeds."""
    yield span((run["smoothness"]["breaks"] for run in runs), ".2f")
    yield f"{span((100 * run['smoothness']['off_data'] for run in runs), '.0f')} %"
    yield span((run["interpolation"]["path_length_ratio"] for run in runs), ".2f")
    yield f"{span((round(100 * (1 - run['interpolation']['unreachable'])) for run in runs), 'd')} %"


def smooth(runs: Runs) -> Iterator[str]:
    yield span((run["smoothness"]["smoothness"] for run in runs), ".3f")
    yield span((run["smoothness"]["roughness"] for run in runs), ".2f")


def against(runs: Runs, basis: Runs, measure: str) -> str:
    """Paired over the pairs that both connect, seed by seed: the mean over the seeds ± its standard error."""
    found = path_difference(_of_paths(runs, measure), _of_paths(basis, measure))
    return f"{found.mean:+.3f} ± {found.error_seeds:.3f}"


def _of_paths(runs: Runs, measure: str) -> dict[tuple[int, int], float]:
    """By seed and pair, of the paths found."""
    return {
        (run["config"]["run"]["seed"], pair): value
        for run in runs
        for pair, value in enumerate(run["smoothness"][f"path_{measure}"])
        if value is not None
    }
