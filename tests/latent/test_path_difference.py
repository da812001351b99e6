"""Paired differences, by hand."""

import math

import numpy as np
import pytest

from vhp.latent.path_difference import path_difference


def test_over_pairs_and_over_seeds():
    a = {(0, 1): 3.0, (0, 2): 5.0, (0, 3): 10.0, (1, 1): 4.0, (1, 2): 4.0, (1, 4): 7.0}
    b = {(0, 1): 1.0, (0, 2): 2.0, (0, 3): 3.0, (1, 1): 0.0, (1, 2): 3.0, (1, 5): 0.0}
    # Differences: seed 0: 2, 3 and 7; seed 1: 4 and 1. Means of the seeds: 4 and 2.5.
    found = path_difference(a, b)
    assert (found.mean, found.n_pairs, found.n_seeds) == (pytest.approx(3.25), 3, 2)
    moved = (2 - 4) / 6 + (4 - 2.5) / 4, (3 - 4) / 6 + (1 - 2.5) / 4, (7 - 4) / 6
    assert found.error_pairs == pytest.approx(math.sqrt(3 / 2 * sum(x**2 for x in moved)))
    assert found.error_seeds == pytest.approx(0.75)


def test_where_every_seed_has_every_pair_the_error_is_that_of_the_pairs_means(rng):
    a = rng.normal(size=(3, 20)) + rng.normal(size=20)
    found = path_difference(dict(np.ndenumerate(a)), dict(np.ndenumerate(np.zeros_like(a))))
    assert found.mean == pytest.approx(a.mean())
    assert found.error_pairs == pytest.approx(a.mean(0).std(ddof=1) / math.sqrt(20))


def test_the_error_over_pairs_is_what_other_pairs_would_change(rng):
    """Drawn again with replacement; one seed has but half of the paths."""
    a = rng.normal(size=(3, 60)) + rng.normal(size=60)
    there = np.ones_like(a, bool)
    there[1] = rng.random(60) < 0.5
    values = {key: a[key] for key in np.ndindex(a.shape) if there[key]}
    found = path_difference(values, dict.fromkeys(values, 0.0))
    means = []
    for _ in range(2_000):
        drawn = rng.integers(60, size=60)
        means.append(np.mean([a[s, drawn][there[s, drawn]].mean() for s in range(3)]))
    assert found.error_pairs == pytest.approx(np.std(means), rel=0.08)


def test_what_both_vary_with_cancels():
    hard = {(0, i): float(i**2) for i in range(10)}
    found = path_difference({key: value + 1 for key, value in hard.items()}, hard)
    assert (found.mean, found.error_pairs) == (1, 0)


def test_too_few_for_an_error():
    assert path_difference({(0, 1): 2.0}, {(0, 1): 1.0}) == (1, None, 1, None, 1)
    assert path_difference({(0, 1): 2.0}, {}) == (None, None, 0, None, 0)
