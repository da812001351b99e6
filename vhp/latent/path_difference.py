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
    """Of a - b over the (seed, pair) that both have; mean: over seeds and pairs.

    error_pairs: of each pair's mean over its seeds. error_seeds: of each seed's mean over its pairs.
    """
    by_pair, by_seed = defaultdict(list), defaultdict(list)
    for seed, pair in sorted(a.keys() & b.keys()):
        difference = a[seed, pair] - b[seed, pair]
        by_pair[pair].append(difference)
        by_seed[seed].append(difference)
    pairs, seeds = ([float(np.mean(values)) for values in groups.values()] for groups in (by_pair, by_seed))
    all_of_them = [value for values in by_seed.values() for value in values]
    mean = float(np.mean(all_of_them)) if all_of_them else None
    return PathDifference(mean, _standard_error(pairs), len(pairs), _standard_error(seeds), len(seeds))


def _standard_error(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
