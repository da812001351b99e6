"""Differences between samples, where the distributions and so the differences are known."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from vhp.latent.two_sample import bandwidth, classifier_accuracy, squared_mmd

N, D = 400, 3


def normal(seed, shift=0.0, n=N):
    return np.random.default_rng(seed).normal(0, 1, (n, D)) + np.array([shift] + [0] * (D - 1))


def exact_squared_mmd(shift, h):
    """Of N(0, I) and N(shift e_1, I), with the Gaussian kernel: each expectation is a Gaussian integral."""
    shrunk = (h**2 / (h**2 + 2)) ** (D / 2)
    return 2 * shrunk * (1 - math.exp(-(shift**2) / (2 * (h**2 + 2))))


def slow_squared_mmd(x, y, h):
    """The unbiased estimate, over all pairs (Gretton et al. 2012, eq. 3)."""

    def k(a, b):
        return math.exp(-math.fsum((a - b) ** 2) / (2 * h**2))

    within = [math.fsum(k(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j) for s in (x, y)]
    between = math.fsum(k(a, b) for a in x for b in y)
    n, m = len(x), len(y)
    return within[0] / (n * (n - 1)) + within[1] / (m * (m - 1)) - 2 * between / (n * m)


def test_squared_mmd_equals_the_sums_over_all_pairs():
    x, y = normal(0, n=12), normal(1, 0.5, n=9)
    assert squared_mmd(x, y, 0.8, 0)[0] == pytest.approx(slow_squared_mmd(x, y, 0.8), rel=1e-10)


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_squared_mmd_is_unbiased_for_the_exact_value(shift):
    """The mean of 40 estimates within 4.5 of its own standard errors."""
    values = [squared_mmd(normal(2 * i, n=100), normal(2 * i + 1, shift, 100), 1.3, 0, 1)[0] for i in range(40)]
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    assert abs(np.mean(values) - exact_squared_mmd(shift, 1.3)) < 4.5 * error
    assert shift == 0 or error < 0.15 * exact_squared_mmd(shift, 1.3)


def test_level_is_uniform_for_equal_distributions_and_smallest_for_different_ones():
    """Of 60 exact levels 0.1 x 60 are below 0.1; more than 16 are so once in 10,000 times."""
    levels = np.array([squared_mmd(normal(2 * i, n=60), normal(2 * i + 1, n=60), 1.5, i, 39)[1] for i in range(60)])
    assert (levels <= 0.1).sum() <= 16 and (levels > 0.5).sum() >= 16
    assert squared_mmd(normal(0), normal(1, 2.0), 1.5, 0, 199)[1] == 1 / 200


def test_bandwidth_is_the_median_distance_and_in_the_samples_unit():
    assert bandwidth(np.array([[0.0], [1.0]]), np.array([[4.0]])) == 3.0  # of 1, 3, 4
    x, y = normal(0), normal(1)
    assert bandwidth(10 * x, 10 * y) == pytest.approx(10 * bandwidth(x, y))


def test_accuracy_is_near_that_of_the_best_classifier():
    """Two Gaussians at distance d: Phi(d / 2), of which nearest neighbours lose some; binomial error 0.8 %."""
    n = 4000
    for shift in (0.0, 2.0):
        best = norm.cdf(shift / 2)
        found = classifier_accuracy(normal(0, n=n), normal(1, shift, n), 0)
        assert best - 0.06 < found < best + 4.5 * math.sqrt(best * (1 - best) / n)
        assert shift or found > 0.5 - 4.5 * math.sqrt(0.25 / n)


def test_the_classifier_sees_what_has_equal_moments():
    """A ring of radius sqrt(2) and a standard normal have the same mean and covariance."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 1000)
    ring = math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], -1)
    assert classifier_accuracy(ring, rng.normal(size=(1000, 2)), 0) > 0.8


def test_samples_of_different_sizes_are_refused_by_the_classifier():
    with pytest.raises(ValueError, match=r"\b5\b.*\b4\b"):
        classifier_accuracy(normal(0, n=5), normal(1, n=4), 0)


def test_samples_without_a_distance_and_too_few_points_are_refused():
    same = np.zeros((20, 2))
    with pytest.raises(ValueError, match="most of whose points are the same"):
        bandwidth(same, same)
    with pytest.raises(ValueError, match="found samples of 15 points, expected at least 16: 15 neighbours decide"):
        classifier_accuracy(normal(0, n=15), normal(1, n=15), 0)
    assert 0 <= classifier_accuracy(normal(0, n=16), normal(1, n=16), 0) <= 1
