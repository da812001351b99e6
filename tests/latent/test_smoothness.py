import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhp.latent.smoothness import DISCONTINUITY_FACTOR, discontinuities, roughness, smoothness_factor, step_sizes

T = np.arange(12)[:, None]


@st.composite
def walks(draw) -> np.ndarray:
    """(T, D) random walk with steps of very different size, some of them 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_frames, n_dims = draw(st.integers(3, 15)), draw(st.integers(1, 5))
    scale = rng.choice([0.0, 1e-3, 1.0, 30.0], (n_frames, 1))
    return (scale * rng.normal(size=(n_frames, n_dims))).cumsum(0)


def test_constant_velocity_is_perfectly_smooth():
    assert smoothness_factor(T * np.array([1.0, -2.0, 0.5])) == 0


@pytest.mark.parametrize("a", [0.25, -3.0])
def test_constant_acceleration(a):
    assert smoothness_factor(a * T**2 / 2) == pytest.approx(abs(a))


def test_alternating_frames():
    # x = +-1: every second difference is -+4.
    assert smoothness_factor((-1.0) ** T) == pytest.approx(4)


def test_a_group_is_the_rms_over_its_own_dimensions():
    frames = np.concatenate([3 * T**2 / 2, 4 * T**2 / 2, 100 * T**2], axis=1)
    assert smoothness_factor(frames, slice(0, 1)) == pytest.approx(3)
    assert smoothness_factor(frames, [1]) == pytest.approx(4)
    assert smoothness_factor(frames, np.array([0, 1])) == pytest.approx(np.sqrt((3**2 + 4**2) / 2))


def test_step_sizes():
    np.testing.assert_allclose(step_sizes(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]])), [5, 0])


@given(st.integers(0, 10), st.booleans())
def test_a_planted_jump_is_found_at_its_step(at, curved):
    frames = np.concatenate([np.cos(T / 9), np.sin(T / 9)], axis=1) if curved else 0.1 * T * np.ones(2)
    assert not discontinuities(frames).any()
    frames[at + 1 :] += 5.0
    assert np.flatnonzero(discontinuities(frames)).tolist() == [at]


def test_the_factor_is_exclusive():
    frames = np.array([0.0, 1, 2, 3, 3 + DISCONTINUITY_FACTOR])[:, None]
    assert not discontinuities(frames).any()
    assert discontinuities(frames, factor=4.9).tolist() == [False, False, False, True]


def test_a_path_that_stands_still_has_no_discontinuity():
    assert not discontinuities(np.zeros((10, 3))).any()
    assert not discontinuities(np.full((10, 3), 0.7)).any()


def test_the_rounding_of_a_decoder_is_no_discontinuity():
    frames = np.full((20, 784), 0.5, np.float32)
    frames[7] = np.nextafter(frames[7], np.float32(1))
    assert step_sizes(frames).max() > 0
    assert not discontinuities(frames).any()


def test_a_jump_between_two_places_of_rest_is_found():
    frames = np.full((20, 4), 0.5, np.float32)
    frames[13:, 0] = 0.9
    assert np.flatnonzero(discontinuities(frames)).tolist() == [12]


@given(walks(), st.randoms(use_true_random=False))
def test_the_order_of_dimensions_does_not_matter(frames, random):
    order = random.sample(range(frames.shape[1]), frames.shape[1])
    assert smoothness_factor(frames[:, order]) == pytest.approx(smoothness_factor(frames))
    np.testing.assert_allclose(step_sizes(frames[:, order]), step_sizes(frames))


@given(walks())
def test_backwards_is_as_smooth(frames):
    assert smoothness_factor(frames[::-1]) == pytest.approx(smoothness_factor(frames))
    np.testing.assert_array_equal(discontinuities(frames[::-1]), discontinuities(frames)[::-1])


@given(walks(), st.integers(-8, 8))
def test_units_scale_the_factor_and_leave_the_jumps(frames, exponent):
    scale = -(2.0**exponent)  # a power of two: no rounding
    assert smoothness_factor(scale * frames) == pytest.approx(-scale * smoothness_factor(frames))
    np.testing.assert_array_equal(discontinuities(scale * frames), discontinuities(frames))


def test_too_few_frames_or_dimensions():
    with pytest.raises(ValueError, match=r"found \(2, 4\) frames x dimensions, expected at least 3 x 1"):
        smoothness_factor(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"found \(9, 0\)"):
        smoothness_factor(np.zeros((9, 4)), slice(0, 0))
    with pytest.raises(ValueError, match="found 1 frames, expected at least 2"):
        discontinuities(np.zeros((1, 4)))


def test_roughness_of_known_movements():
    assert roughness(T * np.array([1.0, -2.0])) == 0
    assert roughness((-1.0) ** T) == pytest.approx(2)
    independent = np.random.default_rng(0).normal(size=(20_000, 1)).cumsum(0)
    assert roughness(independent) == pytest.approx(np.sqrt(2), rel=0.02)


@given(walks(), st.floats(0.01, 100))
def test_roughness_does_not_depend_on_how_far_a_path_moves(frames, scale):
    frames = frames - frames[0]  # about its start, beside which nothing is rounding
    assert roughness(scale * frames) == pytest.approx(roughness(frames), nan_ok=True)


def test_a_path_at_rest_has_no_roughness():
    assert np.isnan(roughness(np.full((9, 3), 0.7)))
