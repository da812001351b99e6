"""A claim's cases: one data set, the method and what it stands against; and estimates over seeds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.reports.artifacts import RunArtifacts
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import Estimate, MissingError
from stages.reports.claims.thresholds import Test
from vhp.names import method_name


@dataclass(frozen=True)
class Case:
    """What one row of claims.csv is about."""

    test: Test
    dataset: str
    against: str | None
    least_seeds: int

    @property
    def methods(self) -> list[str]:
        return [self.test.method, *([self.against] if self.against else [])]

    def option(self, name: str) -> Any:
        """Raises ValueError for a test in claims.toml without it."""
        if name not in self.test.options:
            raise ValueError(f"claims.toml: found a test of {self.test.measure} without {name}")
        return self.test.options[name]


Measure = Callable[[Evidence, Case], Estimate]


def each_seed(evidence: Evidence, case: Case) -> tuple[str, list[list[RunArtifacts]]]:
    """The source, and the runs of the case's methods for each seed that all have. Raises MissingError for too few."""
    source, found = evidence.seeds(case.dataset, *case.methods)
    seeds = list(found[case.test.method])
    enough(len(seeds), case)
    return source, [[found[method][seed] for method in case.methods] for seed in seeds]


def enough(n_seeds: int, case: Case) -> None:
    """Raises MissingError for fewer seeds than a verdict takes."""
    if n_seeds < case.least_seeds:
        raise MissingError(f"{n_seeds} of {case.least_seeds} seeds of {' and '.join(map(method_name, case.methods))}")


def over_seeds(
    values: Sequence[float], source: str, of_one: float | None = None, of: str = "test examples"
) -> Estimate:
    """Mean over the seeds and its standard error; of_one: the error over test examples, which counts for one seed.

    of: what that is an error over, see Estimate.
    """
    n, mean = len(values), float(np.mean(values))
    if n > 1:
        return Estimate(mean, float(np.std(values, ddof=1)) / math.sqrt(n), "seeds", n, source, n - 1)
    return Estimate(mean, of_one, of if of_one is not None else "not known", n, source)
