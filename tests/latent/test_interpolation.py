"""Interpolation with an encoder and a decoder that are known: a plane in a space of three dimensions."""

import numpy as np
import pytest

from vhp.latent.interpolation import example_pairs, interpolate, summary

BASIS = np.array([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])  # z (2,) -> x (3,)
N_FRAMES = 7


def decode(z):
    return (z @ BASIS).astype(np.float32)


def encode(x):
    z = x @ np.linalg.pinv(BASIS)
    return z, np.ones_like(z)


@pytest.fixture
def interpolated():
    """Prior samples on two circles that no edge joins; test examples on both, off the decoder's plane by 0.5."""
    order = np.random.default_rng(0).permutation(240)
    angle, on_second = 2 * np.pi * order / 240, order % 2
    prior = np.stack([np.cos(angle) + 10 * on_second, np.sin(angle)], 1).astype(np.float32)
    test = decode(prior[:40]) + np.array([0, 0, 0.5], np.float32)
    arrays, graph = interpolate(prior, test, encode, decode, k=5, trim=0.0, n_paths=12, n_frames=N_FRAMES)
    return prior, test, arrays, graph


def test_fewer_pairs_are_the_first_of_more():
    np.testing.assert_array_equal(example_pairs(30, 3), example_pairs(30, 8)[:3])


def test_a_path_is_found_exactly_between_examples_of_one_circle(interpolated):
    prior, _, arrays, graph = interpolated
    first, second = (prior[arrays["pair_examples"][:, end], 0] > 5 for end in (0, 1))
    same_circle = first == second
    assert same_circle.any() and not same_circle.all()
    np.testing.assert_array_equal(arrays["found"], same_circle)
    assert np.isnan(arrays["path_x"][~same_circle]).all() and np.isnan(arrays["path_length"][~same_circle]).all()
    numbers = summary(arrays, graph, 5)
    assert numbers["components"] == 2 and numbers["unreachable"] == pytest.approx(1 - same_circle.mean())


def test_a_path_stays_on_its_circle_and_the_straight_line_does_not(interpolated):
    prior, _, arrays, _ = interpolated
    found = arrays["found"]
    centre = np.round(arrays["path_z"][found][:, :1, :1] / 10) * np.array([10, 0])
    radius = np.linalg.norm(arrays["path_z"][found] - centre, axis=-1)
    assert (abs(radius - 1) < 0.05).all()
    np.testing.assert_allclose(arrays["path_x"][found], decode(arrays["path_z"][found]), rtol=1e-6)
    start, goal = (prior[arrays["pairs"][:, end]] for end in (0, 1))
    np.testing.assert_allclose(arrays["straight_x"][:, 3], decode((start + goal) / 2), atol=1e-5)
    np.testing.assert_allclose(arrays["straight_length"], np.linalg.norm(goal - start, axis=1), rtol=1e-6)
    assert (arrays["path_length"][found] >= arrays["straight_length"][found] * (1 - 1e-6)).all()


def test_the_ends_are_the_examples_own_nodes_here_and_their_error_is_what_lies_off_the_plane(interpolated):
    _, _, arrays, _ = interpolated
    np.testing.assert_array_equal(arrays["pairs"], arrays["pair_examples"])
    np.testing.assert_allclose(arrays["end_distance"], 0, atol=1e-6)
    np.testing.assert_allclose(arrays["end_error"], 0.5 / np.sqrt(3), rtol=1e-5)


def test_a_path_is_as_long_as_its_nodes_and_both_ways_to_them():
    """Nodes on a half circle, and examples a way out from it."""
    angle = np.linspace(0, np.pi, 60)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    test = decode(1.5 * circle[5::11])
    arrays, graph = interpolate(circle.astype(np.float32), test, encode, decode, 2, 0.0, n_paths=8, n_frames=N_FRAMES)
    first, last = np.sort(5 + 11 * arrays["pair_examples"], 1).T
    straight = np.linalg.norm(1.5 * (circle[last] - circle[first]), axis=1)
    along = 2 * 0.5 + (last - first) * np.linalg.norm(circle[1] - circle[0])
    np.testing.assert_allclose(arrays["path_length"], along, rtol=1e-5)
    numbers, ratio = summary(arrays, graph, 2), along / straight
    assert len(set(ratio.round(3))) > 2
    assert numbers["path_length_ratio"] == pytest.approx(ratio.mean(), rel=1e-5)
    assert numbers["path_length_ratio_std"] == pytest.approx(ratio.std(ddof=1), rel=1e-5)


def test_a_pair_with_one_node_for_both_is_counted_and_its_ratio_left_out():
    test = np.array([[2.0, 0, 0], [2.0, 0, 0]], np.float32)
    prior = np.stack([np.linspace(0, 1, 30), np.zeros(30)], 1).astype(np.float32)
    arrays, graph = interpolate(prior, test, encode, decode, k=3, trim=0.0, n_paths=4, n_frames=N_FRAMES)
    numbers = summary(arrays, graph, 3)
    assert numbers["same_node"] == 1.0 and numbers["unreachable"] == 0.0
    assert numbers["path_length_ratio"] is numbers["path_length_ratio_std"] is None
