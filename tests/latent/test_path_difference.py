"""Paired differences, by hand."""

import math

import pytest

from vhp.latent.path_difference import path_difference


def test_over_pairs_and_over_seeds():
    a = {(0, 1): 3.0, (0, 2): 5.0, (0, 3): 10.0, (1, 1): 4.0, (1, 2): 4.0, (1, 4): 7.0}
    b = {(0, 1): 1.0, (0, 2): 2.0, (0, 3): 3.0, (1, 1): 0.0, (1, 2): 3.0, (1, 5): 0.0}
    # Differences: seed 0: 2, 3 and 7; seed 1: 4 and 1. Means of the pairs: 3, 2 and 7; of the seeds: 4 and 2.5.
    found = path_difference(a, b)
    assert (found.mean, found.n_pairs, found.n_seeds) == (pytest.approx(17 / 5), 3, 2)
    assert found.error_pairs == pytest.approx(math.sqrt((1 + 4 + 9) / 2) / math.sqrt(3))
    assert found.error_seeds == pytest.approx(0.75)


def test_what_both_vary_with_cancels():
    hard = {(0, i): float(i**2) for i in range(10)}
    found = path_difference({key: value + 1 for key, value in hard.items()}, hard)
    assert (found.mean, found.error_pairs) == (1, 0)


def test_too_few_for_an_error():
    assert path_difference({(0, 1): 2.0}, {(0, 1): 1.0}) == (1, None, 1, None, 1)
    assert path_difference({(0, 1): 2.0}, {}) == (None, None, 0, None, 0)
