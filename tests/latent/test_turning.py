import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vhp.datasets.pendulum import NOISE, render
from vhp.latent import turning
from vhp.latent.turning import N_ANGLES, monotonicity, nearest_angle

angles = st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=20).map(np.array)


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(np.mod(a - b + math.pi, 2 * math.pi) - math.pi)


def test_the_angle_of_a_rendered_pendulum_is_recovered(monkeypatch):
    true = np.random.default_rng(0).uniform(-math.pi, math.pi, 200)
    monkeypatch.setattr(turning, "BLOCK", 64)
    found, error = nearest_angle(render(true), render)
    assert difference(found, true).max() <= math.pi / N_ANGLES * 1.001  # half of the grid's spacing
    assert error.max() < 1e-3
    shaped, _ = nearest_angle(render(true).reshape(4, 50, 256), render)
    np.testing.assert_array_equal(shaped.ravel(), found)
    assert nearest_angle(np.zeros((0, 256)), render)[0].shape == (0,)
    # A plain loop over the grid.
    grid = np.linspace(-math.pi, math.pi, N_ANGLES, endpoint=False)
    for image, angle in list(zip(render(true), found, strict=True))[:5]:
        assert angle == grid[((render(grid) - image) ** 2).sum(1).argmin()]


def test_noise_moves_the_angle_little_and_is_the_error_that_is_left():
    true = np.random.default_rng(0).uniform(-math.pi, math.pi, 200)
    noisy = render(true) + np.random.default_rng(1).normal(0, NOISE, (200, 256))
    found, error = nearest_angle(noisy, render)
    assert difference(found, true).max() < math.radians(3)
    assert error.mean() == pytest.approx(NOISE, rel=0.02)


def test_two_pendulums_at_once_are_no_pendulum():
    both = np.maximum(render(np.array([0.0])), render(np.array([2.0])))
    assert nearest_angle(both, render)[1] > 3 * NOISE


@given(angles.map(np.abs), st.floats(-10, 10), st.sampled_from([-1, 1]))
def test_one_way_is_monotone_wherever_it_begins_and_ends(turns, start, sign):
    path = start + sign * np.concatenate([[0], turns]).cumsum()
    assume(turns.sum() > 1e-6)  # a path that rests is another case
    wrapped = np.mod(path, 2 * math.pi)
    assert monotonicity(wrapped) == pytest.approx(1)


@given(angles)
def test_against_the_way_backwards_and_forwards(turns):
    forwards, backwards = turns[turns > 0].sum(), -turns[turns < 0].sum()
    expected = abs(forwards - backwards) / (forwards + backwards) if forwards + backwards > 1e-6 else 1
    if forwards + backwards > 1e-6:
        assert monotonicity(np.concatenate([[0], turns]).cumsum()) == pytest.approx(expected, abs=1e-6)


def test_there_and_back_again_is_not_monotone():
    assert monotonicity(np.array([0, 0.5, 1, 0.5, 0])) == pytest.approx(0, abs=1e-12)
    assert monotonicity(np.array([3.0, -3.0, -2.5])) == pytest.approx(1)  # through pi
    assert np.isnan(monotonicity(np.full(4, 1.3)))
