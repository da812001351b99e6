"""Paired differences against sums written out, and against what repeated experiments scatter by."""

import math

import numpy as np
import pytest

from vhp.likelihood.nll_difference import decided, nll_difference


def written_out(first: list[list[float]], second: list[list[float]]) -> tuple[float, float]:
    """The same from sums over examples and seeds."""
    n = len(first[0])
    each = [sum(s[i] for s in first) / len(first) - sum(s[i] for s in second) / len(second) for i in range(n)]
    mean = sum(each) / n
    variance = sum((d - mean) ** 2 for d in each) / (n - 1) / n
    for method in (first, second):
        if len(method) > 1:
            means = [sum(s) / n for s in method]
            centre = sum(means) / len(means)
            variance += sum((m - centre) ** 2 for m in means) / (len(means) - 1) / len(means)
    return mean, math.sqrt(variance)


@pytest.mark.parametrize("seeds", [(1, 1), (3, 1), (2, 4)])
def test_it_is_what_the_sums_give(seeds):
    rng = np.random.default_rng(0)
    first, second = (rng.normal(m, 1, (s, 7)) for m, s in zip((3, 5), seeds, strict=True))
    assert nll_difference(first, second) == pytest.approx(written_out(first.tolist(), second.tolist()), rel=1e-12)


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
    mean, error = nll_difference(first, second)
    assert (mean, error) == (-2.5, 1.0)  # the examples agree on it exactly; the two seeds are 2 apart
    assert decided(mean, error) and not decided(-1.9, error) and not decided(-9.0, None)


def test_one_example_has_no_error_and_other_shapes_are_refused():
    assert nll_difference(np.array([[2.0]]), np.array([[1.5]])) == (0.5, None)
    with pytest.raises(ValueError, match=r"found the shapes \(1, 3\) and \(1, 2\), expected \(seeds, n\) with one n"):
        nll_difference(np.zeros((1, 3)), np.zeros((1, 2)))
