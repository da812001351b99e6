"""Errors in units of the stated ones, class by class."""

import numpy as np
import pytest

from vhp.likelihood.exact.calibration import calibration

ESS = np.array([1.0, 9.9, 10, 99, 1000, 5000])
STATED = np.array([0.5, 0.5, 0.1, 0.1, 0.01, 0.02])


def test_each_class_has_its_own_images():
    """Errors planted as multiples of the stated ones; 10 and 1,000 effective samples begin a class."""
    multiples = np.array([3.0, -4.0, 1.0, 1.0, 2.0, -1.0])
    exact = np.linspace(-5, 5, 6)
    found = calibration(exact + multiples * STATED, exact, STATED, ESS)
    assert found.n == (2, 2, 0, 2)
    assert found.z[2] is None
    assert [found.z[i] for i in (0, 1, 3)] == pytest.approx([np.sqrt(12.5), 1.0, np.sqrt(2.5)])
    assert found.mean == pytest.approx((multiples * STATED).mean())
    assert found.worst == pytest.approx(-2.0)


def test_right_errors_have_scores_of_one():
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.01, 0.5, 4_000)
    found = calibration(stated * rng.standard_normal(4_000), np.zeros(4_000), stated, np.full(4_000, 50.0))
    assert found.n == (0, 4_000, 0, 0) and found.z[1] == pytest.approx(1, abs=0.05)
