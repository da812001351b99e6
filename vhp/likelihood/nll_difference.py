"""The difference of two methods on the same test examples, its standard error, and what it decides; no torch.

What makes an example hard makes it hard for every method: it leaves the difference of an example's two likelihoods, and
orders of methods become certain that their own standard errors leave open.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

DECIDED = 2.0  # normal standard errors that a difference must exceed to decide which of two methods is better


class PairedDifference(NamedTuple):
    """Mean of the differences and its standard error, nats."""

    mean: float
    se: float | None  # None of a single example
    df: float  # degrees of freedom of se, by Welch and Satterthwaite


def nll_difference(first: np.ndarray, second: np.ndarray) -> PairedDifference:
    """Mean of first - second.

    first, second: (seeds, n) -log p(x) in nats of the same n examples, each method with seeds of its own.
    The variance is that of the mean over examples of the difference, averaged over seeds, and those of the two methods'
    means over their seeds: a lead must also be more than what another training changes. Where one method alone has
    several seeds, the other's trainings are taken to vary as much; where neither has, that part is missing.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"found the shapes {first.shape} and {second.shape}, expected (seeds, n) with one n")
    difference = first.mean(0) - second.mean(0)
    n = len(difference)
    if n < 2:
        return PairedDifference(float(difference.mean()), None, 0)
    parts = [(difference.var(ddof=1) / n, n - 1), *of_seeds(first.mean(1), second.mean(1))]
    return PairedDifference(float(difference.mean()), *error_of(parts))


def error_of(parts: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Standard error and degrees of freedom (Welch and Satterthwaite). parts: variances, with degrees of freedom."""
    variance = float(sum(part for part, _ in parts))
    df = variance**2 / sum(part**2 / of for part, of in parts) if variance else min(of for _, of in parts)
    return math.sqrt(variance), float(df)


def of_seeds(first: np.ndarray, second: np.ndarray) -> list[tuple[float, int]]:
    """Variances of two means over seeds, with their degrees of freedom. first, second: (seeds,) each training's NLL."""
    several = [values for values in (first, second) if len(values) > 1]
    if len(several) == 1:
        return [(several[0].var(ddof=1) * (1 / len(first) + 1 / len(second)), len(several[0]) - 1)]
    return [(values.var(ddof=1) / len(values), len(values) - 1) for values in several]


def margin(error: float, df: float, standard_errors: float = DECIDED) -> float:
    """How far the truth may lie from a value, with the certainty that so many normal standard errors give.

    An error is itself uncertain: it takes more of them, by Student's distribution with its df degrees of freedom (4.5
    for 2, with df = 2). df may be infinite.
    """
    return error * float(stats.t.ppf(stats.norm.cdf(standard_errors), df))


def decided(difference: PairedDifference) -> bool:
    """Whether a difference is farther from 0 than its margin."""
    return difference.se is not None and abs(difference.mean) > margin(difference.se, difference.df)
