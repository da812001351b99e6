"""The difference of two methods on the same test examples, and its standard error; NumPy only.

What makes an example hard makes it hard for every method: it leaves the difference of an example's two likelihoods, and
orders of methods become certain that their own standard errors leave open.
"""

import math

import numpy as np

DECIDED = 2.0  # standard errors that a difference must exceed to decide which of two methods is better


def nll_difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float | None]:
    """Mean of first - second and its standard error, None of a single example.

    first, second: (seeds, n) -log p(x) in nats of the same n examples, each method with seeds of its own.
    The variance is that of the mean over examples of the difference, averaged over seeds. A method with several seeds
    adds that of its mean over them: a lead must also be more than what another training changes.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"found the shapes {first.shape} and {second.shape}, expected (seeds, n) with one n")
    difference = first.mean(0) - second.mean(0)
    n = len(difference)
    if n < 2:
        return float(difference.mean()), None
    variance = difference.var(ddof=1) / n
    for values in (first, second):
        if len(values) > 1:
            variance += values.mean(1).var(ddof=1) / len(values)
    return float(difference.mean()), math.sqrt(variance)


def decided(difference: float, error: float | None) -> bool:
    """Whether a difference is more than DECIDED standard errors from 0."""
    return error is not None and abs(difference) > DECIDED * error
