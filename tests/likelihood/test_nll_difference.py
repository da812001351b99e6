"""Paired differences against sums written out, and against what repeated experiments scatter by."""

import math

import numpy as np
import pytest

from vhp.likelihood.nll_difference import PairedDifference, decided, margin, nll_difference


def written_out(first: list[list[float]], second: list[list[float]]) -> tuple[float, float, float]:
    """The same from sums over examples and seeds."""
    n = len(first[0])
    each = [sum(s[i] for s in first) / len(first) - sum(s[i] for s in second) / len(second) for i in range(n)]
    mean = sum(each) / n
    parts = [(sum((d - mean) ** 2 for d in each) / (n - 1) / n, n - 1)]
    for method in (first, second):
        if len(method) > 1:
            means = [sum(s) / n for s in method]
            centre = sum(means) / len(means)
            parts.append((sum((m - centre) ** 2 for m in means) / (len(means) - 1) / len(means), len(means) - 1))
    variance = sum(part for part, _ in parts)
    return mean, math.sqrt(variance), variance**2 / sum(part**2 / df for part, df in parts)


@pytest.mark.parametrize("seeds", [(1, 1), (3, 3), (2, 4)])
def test_it_is_what_the_sums_give(seeds):
    rng = np.random.default_rng(0)
    first, second = (rng.normal(m, 1, (s, 7)) for m, s in zip((3, 5), seeds, strict=True))
    assert nll_difference(first, second) == pytest.approx(written_out(first.tolist(), second.tolist()), rel=1e-12)


def test_a_method_with_one_seed_is_taken_to_vary_as_the_other():
    rng = np.random.default_rng(0)
    first, second = rng.normal(3, 1, (3, 7)), rng.normal(5, 1, (1, 7))
    examples, seeds = (first.mean(0) - second[0]).var(ddof=1) / 7, first.mean(1).var(ddof=1) * (1 / 3 + 1)
    for found in (nll_difference(first, second), nll_difference(second, first)):
        assert found.se == pytest.approx(math.sqrt(examples + seeds), rel=1e-12)
        assert found.df == pytest.approx((examples + seeds) ** 2 / (examples**2 / 6 + seeds**2 / 2))


@pytest.mark.parametrize("seeds", [(2, 2), (3, 3), (3, 1)])
def test_equal_methods_are_told_apart_no_more_often_than_two_normal_standard_errors_would(seeds):
    """With two standard errors whatever the number of seeds it is 17, 11 and, with one seed beside three, 39 %."""
    rng = np.random.default_rng(2)
    hard, wrong = rng.normal(0, 0.5, (1_500, 1, 200)), []
    for each in hard:
        first, second = (each + rng.normal(0, 0.5, (n, 200)) + rng.normal(0, 0.3, (n, 1)) for n in seeds)
        wrong.append(decided(nll_difference(first, second)))
    assert 0.005 < np.mean(wrong) < 0.065


def test_the_difficulty_of_examples_cancels_and_the_error_is_that_of_repeated_experiments():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 50, (2000, 1, 40))
    first = hard + rng.normal(0.3, 1, (2000, 1, 40))
    second = hard + rng.normal(0.0, 1, (2000, 1, 40))
    found = np.array([nll_difference(a, b) for a, b in zip(first, second, strict=True)])
    assert found[:, 0].std() == pytest.approx(math.sqrt(2 / 40), rel=0.05)
    assert found[:, 1].mean() == pytest.approx(math.sqrt(2 / 40), rel=0.05)
    # A t distribution with 39 degrees of freedom is within two standard errors 94.8 % of the time.
    assert np.mean(np.abs(found[:, 0] - 0.3) < 2 * found[:, 1]) == pytest.approx(0.948, abs=0.015)


def test_seeds_that_scatter_make_a_lead_uncertain():
    first = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])
    second = np.array([[4.5, 5.5, 6.5]])
    found = nll_difference(first, second)
    # The examples agree on it exactly; the two seeds are 2 apart, and the other method's are taken to be so, too.
    assert found == pytest.approx((-2.5, math.sqrt(3), 1)) and not decided(found)


def test_what_is_decided():
    many = 10_000
    assert margin(0.1, math.inf) == pytest.approx(0.2) and margin(0.1, many) == pytest.approx(0.2, rel=1e-3)
    assert margin(0.1, 2) == pytest.approx(0.453, abs=0.001)  # Student's table: 95.45 % with two degrees of freedom
    assert decided(PairedDifference(-2.5, 1.0, many)) and not decided(PairedDifference(-1.9, 1.0, many))
    assert not decided(PairedDifference(-2.5, 1.0, 2)) and not decided(PairedDifference(-9.0, None, 0))


def test_one_example_has_no_error_and_other_shapes_are_refused():
    assert nll_difference(np.array([[2.0]]), np.array([[1.5]])) == (0.5, None, 0)
    with pytest.raises(ValueError, match=r"found the shapes \(1, 3\) and \(1, 2\), expected \(seeds, n\) with one n"):
        nll_difference(np.zeros((1, 3)), np.zeros((1, 2)))
