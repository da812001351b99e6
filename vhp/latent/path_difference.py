"""Two methods on the same pairs of test examples: their mean difference, and its errors over pairs and over seeds.

A pair that is hard for one method is often hard for the other, so that differences vary less than values. The pairs are
the same for every seed: the error over pairs says what other pairs might change, that over seeds what other trainings.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Key = tuple[int, int]  # seed, pair of test examples


class PathDifference(NamedTuple):
    """Of a measure, in its unit; errors are standard errors, None of fewer than two."""

    mean: float | None
    error_pairs: float | None
    n_pairs: int
    error_seeds: float | None
    n_seeds: int


def path_difference(a: Mapping[Key, float], b: Mapping[Key, float]) -> PathDifference:
    """Of a - b over the (seed, pair) that both have; mean: over seeds, of each seed's mean over its pairs.

    error_pairs: of this mean, had other pairs been drawn, each with its values of all seeds. error_seeds: of the seeds'
    means.
    """
    by_seed: dict[int, dict[int, float]] = defaultdict(dict)
    for seed, pair in sorted(a.keys() & b.keys()):
        by_seed[seed][pair] = a[seed, pair] - b[seed, pair]
    means = [float(np.mean(list(of_seed.values()))) for of_seed in by_seed.values()]
    by_pair: dict[int, float] = defaultdict(float)  # how far each pair moves the mean
    for of_seed, mean in zip(by_seed.values(), means, strict=True):
        for pair, value in of_seed.items():
            by_pair[pair] += (value - mean) / len(of_seed) / len(means)
    n = len(by_pair)
    error_pairs = math.sqrt(n / (n - 1) * sum(moved**2 for moved in by_pair.values())) if n > 1 else None
    error_seeds = float(np.std(means, ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else None
    return PathDifference(float(np.mean(means)) if means else None, error_pairs, n, error_seeds, len(means))
