"""The paired differences of a data set's methods, from the likelihood of each test example; a section keeps them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from stages.files import unreadable
from stages.reports.artifacts import RunArtifacts
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.contents import MAYBE, NUMBER, Types, check_values
from stages.runs.places import run_folder
from vhp.likelihood.nll_difference import decided, nll_difference

FILE = "likelihood.npz"
VALUES: dict[str, Types] = {"first": str, "second": str, "mean": NUMBER, "se": MAYBE}
VALUES |= dict.fromkeys(("n_test", "first_seeds", "second_seeds"), int)


@dataclass(frozen=True)
class Difference:
    """NLL of the first method minus that of the second, on the same test examples."""

    first: str
    second: str
    mean: float  # nats; below 0 the first is better
    se: float | None
    n_test: int
    first_seeds: int  # how many trainings the method's NLL is the mean of
    second_seeds: int

    @property
    def decided(self) -> bool:
        return decided(self.mean, self.se)

    def json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(where: str, content: Mapping[str, Any]) -> Difference:
    """Raises ValueError, which begins with `where`, for another content."""
    values = check_values(where, content, VALUES)
    return Difference(**{key: values[key] for key in VALUES})


def measure(runs: Sequence[RunArtifacts]) -> list[Difference]:
    """Of every two methods of the runs, which are those of one data set, in their order.

    Raises ValueError for a file that is damaged, or of other test examples than the first run's.
    """
    nll: dict[str, list[np.ndarray]] = {}
    index = np.zeros(0, int)
    for run in runs:
        arrays = read_arrays(run.config, run.name, FILE, n_test=run.n_test)
        index = index if nll else arrays["index"]
        if not np.array_equal(arrays["index"], index):
            found = f"found other test examples than those of {runs[0].name}, expected the same"
            raise unreadable(run_folder(run.name) / FILE, found)
        nll.setdefault(run.method, []).append(-arrays["log_likelihood"].astype(float))
    return [
        Difference(a, b, *nll_difference(np.stack(nll[a]), np.stack(nll[b])), len(index), len(nll[a]), len(nll[b]))
        for a, b in combinations(nll, 2)
    ]


def check(differences: Sequence[Difference], runs: Sequence[RunArtifacts]) -> None:
    """Raises ValueError for a difference that is not that of the runs' mean NLL."""
    for d in differences:
        first, second = (
            np.mean([run.likelihood["nll"] for run in runs if run.method == m]) for m in (d.first, d.second)
        )
        if not math.isclose(d.mean, first - second, abs_tol=1e-6 * max(1, abs(first), abs(second))):
            expected = f"expected {first - second}, that of their NLL"
            raise ValueError(f"{d.first} - {d.second}: found a difference of {d.mean} nats, {expected}")


def as_good_as(best: str, differences: Sequence[Difference]) -> set[str]:
    """The method itself and those from which its difference is not decided."""
    ties = {best}
    for d in differences:
        if best in (d.first, d.second) and not d.decided:
            ties |= {d.first, d.second}
    return ties
