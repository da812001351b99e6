"""Orders on a circle, where the answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhp.latent.circular import closed_curve, innermost, latent_angle, rank_correlation, winding_number


def ring(angle, turns=1):
    return np.stack([np.cos(turns * angle), np.sin(turns * angle)], -1)


def slow_rank_correlation(a, b):
    """Fisher and Lee's definition, over all pairs: sum sin(a_i - a_j) sin(b_i - b_j), normalised; a, b without ties."""
    n = len(a)
    a, b = ([2 * math.pi * sum(w <= v for w in angle) / n for v in angle] for angle in (a, b))
    pairs = [(i, j) for i in range(n) for j in range(i)]
    top = math.fsum(math.sin(a[i] - a[j]) * math.sin(b[i] - b[j]) for i, j in pairs)
    bottom = math.sqrt(
        math.fsum(math.sin(a[i] - a[j]) ** 2 for i, j in pairs)
        * math.fsum(math.sin(b[i] - b[j]) ** 2 for i, j in pairs)
    )
    return top / bottom


def test_rank_correlation_equals_the_definition_over_all_pairs(rng):
    a = rng.uniform(0, 2 * np.pi, 40)
    b = np.mod(a + rng.normal(0, 0.7, 40), 2 * np.pi)
    expected = slow_rank_correlation(a.tolist(), b.tolist())
    assert 0.2 < expected < 0.9
    assert rank_correlation(a, b) == pytest.approx(expected, rel=1e-12)


@given(rotation=st.floats(-10, 10), direction=st.sampled_from([1, -1]), power=st.floats(0.3, 3))
def test_rank_correlation_is_one_for_any_rotation_and_any_monotone_stretch(rotation, direction, power):
    a = np.linspace(0.01, 2 * np.pi - 0.01, 101)
    stretched = 2 * np.pi * (a / (2 * np.pi)) ** power
    assert rank_correlation(a, direction * stretched + rotation) == pytest.approx(direction, abs=1e-9)


def test_rank_correlation_of_independent_angles_is_near_zero(rng):
    """Its standard deviation is 1 / n in order of magnitude (Fisher 1993)."""
    values = [rank_correlation(*rng.uniform(0, 2 * np.pi, (2, 500))) for _ in range(20)]
    assert np.abs(values).max() < 0.02


def test_rank_correlation_of_a_double_turn_is_near_zero():
    """Each latent angle belongs to two opposite true ones."""
    a = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    assert abs(rank_correlation(a, 2 * a)) < 0.02


@pytest.mark.parametrize("turns", [-2, -1, 1, 2])
def test_winding_number_counts_the_turns_and_their_direction(turns):
    curve = ring(np.linspace(0, 2 * np.pi, 50, endpoint=False), turns) * [3, 0.2] + [5, -7]
    assert winding_number(curve, np.array([5, -7])) == turns
    assert winding_number(curve, np.array([9, -7])) == 0  # from outside


def test_winding_number_of_a_line_there_and_back_is_zero():
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    curve = np.stack([np.cos(t), 0.3 + 0 * t], -1)
    assert winding_number(curve, np.zeros(2)) == 0


def test_closed_curve_averages_the_scatter_away_in_the_order_of_the_angle(rng):
    angle = rng.uniform(-9, 9, 20_000)
    curve = closed_curve(ring(angle) + rng.normal(0, 0.3, (20_000, 2)), angle, n_bins=30)
    middles = (np.arange(30) + 0.5) * 2 * np.pi / 30
    # 0.3 / sqrt(667) per bin is 0.012.
    np.testing.assert_allclose(curve, ring(middles), atol=0.06)
    assert winding_number(curve, curve.mean(0)) == 1


def test_closed_curve_leaves_out_empty_bins():
    assert closed_curve(np.eye(2), np.array([0.1, 3.0])).tolist() == [[1, 0], [0, 1]]


def test_innermost_is_the_centre_of_a_circle():
    curve = ring(np.linspace(0, 2 * np.pi, 60, endpoint=False)) + np.array([4, -3])
    np.testing.assert_allclose(innermost(curve), [4, -3], atol=0.06)  # of a grid with a spacing of 0.05


def test_innermost_of_a_ring_bent_like_a_c_is_inside_the_ring_where_its_mean_is_not():
    outer = np.linspace(0.5, 2 * np.pi - 0.5, 80)
    curve = np.concatenate([ring(outer), 0.6 * ring(outer[::-1])])
    assert winding_number(curve, curve.mean(0)) == 0
    assert winding_number(curve, innermost(curve)) == 1
    assert 0.7 < np.linalg.norm(innermost(curve)) < 0.9


def test_a_line_has_no_inside():
    """There and back on the same points: a latent space that is a line bent like a parabola."""
    x = np.cos(np.linspace(0, 2 * np.pi, 61))
    line = np.stack([x, x**2], -1)
    np.testing.assert_allclose(innermost(line), line.mean(0))
    assert winding_number(line, innermost(line)) == 0


def test_latent_angle_is_seen_from_the_centre():
    z = np.array([[3.0, 1.0], [2.0, 5.0]])
    np.testing.assert_allclose(latent_angle(z, np.array([2.0, 1.0])), [0, np.pi / 2], atol=1e-12)
