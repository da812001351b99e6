"""Measures of decoded paths, on paths whose measures are known."""

import numpy as np
import pytest

from vhp.datasets import pendulum
from vhp.latent.off_data import Data
from vhp.latent.paths import WHOLE, measure
from vhp.latent.polyline import straight_line
from vhp.latent.posterior_distance import spacing
from vhp.latent.smoothness import smoothness_factor
from vhp.seeds import PATHS_SEED

# Examples that no frame is off: distances to them do not matter in most of these tests.
DATA = Data(np.zeros((2, 4), np.float32), np.inf)
RENDERED = pendulum.render(np.linspace(-np.pi, np.pi, 400, endpoint=False)).astype(np.float32)
PENDULUM = Data.of(RENDERED[::2], RENDERED[1::2])


def interpolation(found: np.ndarray, path_x: np.ndarray, straight_x: np.ndarray) -> dict[str, np.ndarray]:
    """Paths in a plane of latent space, from (0, i) to (1, i) and back to (0, i + 1), which is one step further."""
    n, n_frames = path_x.shape[:2]
    nodes = np.array([[i, j] for j in range(n) for i in range(2)], float)
    pairs = np.arange(2 * n).reshape(n, 2)
    posterior = np.random.default_rng(0).normal(size=(20, 2))
    return {
        "found": found,
        "nodes": nodes,
        "pairs": pairs,
        "end_distance": np.ones((n, 2)),
        "end_error": np.ones((n, 2)),
        "straight_length": np.ones(n),
        "path_z": straight_line(nodes[pairs[:, 0]], nodes[pairs[:, 1]], n_frames),
        "path_x": path_x,
        "straight_x": straight_x,
        "posterior_mean": posterior,
        "posterior_std": np.zeros_like(posterior),
    }


@pytest.mark.parametrize("n_found", [0, 1])
def test_too_few_paths_for_a_mean_or_a_deviation(n_found):
    rng = np.random.default_rng(0)
    frames = np.full((3, 5, 4), np.nan, np.float32)
    frames[:n_found] = rng.normal(size=(n_found, 5, 4))
    arrays = interpolation(np.arange(3) < n_found, frames, rng.normal(size=(3, 5, 4)))
    measured = measure(arrays, WHOLE, None, DATA)
    assert measured["n_moving"] == measured["joints"][0]["n_paths"] == n_found
    assert measured["joints"][0]["std"] is measured["discontinuities_std"] is None
    for name in ("discontinuities", "smoothness", "posterior_distance", "straight_smoothness", "end_distance"):
        assert (measured[name] is None) == (n_found == 0)
    assert len(measured["jumps"]) == len(measured["path_smoothness"]) == 3
    assert sum(factor is not None for factor in measured["path_smoothness"]) == n_found


def test_a_planted_jump_is_reported_with_its_path_and_step():
    frames = np.linspace(0, 1, 10)[None, :, None] * np.ones((3, 10, 4))
    smooth = frames.copy()
    frames[1, 6:] += 9
    arrays = interpolation(np.array([True, True, False]), frames, smooth)
    measured = measure(arrays, WHOLE, None, DATA)
    assert measured["jumps"] == [[], [5], []]
    assert measured["discontinuities"] == 0.5
    assert measured["straight_jumps"] == [[], [], []]
    assert measured["straight_discontinuities"] == 0
    assert "monotonicity" not in measured


def test_the_straight_line_is_measured_between_the_same_ends():
    """With straight paths every measure of both is the same."""
    frames = np.random.default_rng(0).normal(size=(3, 6, 4))
    measured = measure(interpolation(np.ones(3, bool), frames, frames), WHOLE, None, DATA)
    for name in ("smoothness", "discontinuities", "posterior_distance"):
        for suffix in ("", "_std"):
            assert measured[f"straight_{name}{suffix}"] == pytest.approx(measured[f"{name}{suffix}"], abs=1e-12)
    assert measured["path_smoothness"] == pytest.approx([smoothness_factor(x) for x in frames])


def test_the_straight_line_s_distance_is_its_own_where_the_path_is_bent():
    """The unit is the distance of the two examples, 2. The line leads through (0.5, 0), (1, 0) and (1.5, 0)."""
    frames = np.random.default_rng(0).normal(size=(1, 5, 4))
    arrays = interpolation(np.ones(1, bool), frames, frames)
    arrays["posterior_mean"], arrays["posterior_std"] = np.array([[0.0, 0.0], [2.0, 0.0]]), np.zeros((2, 2))
    arrays["path_z"] = np.array([[[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [2.0, 1.0], [2.0, 0.0]]])
    measured = measure(arrays, WHOLE, None, DATA)
    assert measured["posterior_distance"] == pytest.approx((0 + 1 + 2 + 1 + 0) / 5 / 2)
    assert measured["straight_posterior_distance"] == pytest.approx((0 + 0.5 + 1 + 0.5 + 0) / 5 / 2)


def test_distances_are_in_units_of_the_posteriors_spacing():
    frames = np.random.default_rng(0).normal(size=(3, 6, 4))
    arrays = interpolation(np.ones(3, bool), frames, frames)
    before = measure(arrays, WHOLE, None, DATA)
    latent = ("nodes", "path_z", "posterior_mean", "posterior_std", "end_distance")
    after = measure(arrays | {key: 7 * arrays[key] for key in latent}, WHOLE, None, DATA)
    for name in ("posterior_distance", "straight_posterior_distance", "end_distance"):
        assert after[name] == pytest.approx(before[name])


def test_distances_are_to_one_sample_of_each_posterior_and_in_units_of_their_spacing():
    frames = np.random.default_rng(0).normal(size=(3, 6, 4))
    arrays = interpolation(np.ones(3, bool), frames, frames)
    std = arrays["posterior_std"] = np.random.default_rng(1).uniform(0.5, 2, (20, 2))
    measured = measure(arrays, WHOLE, None, DATA)
    noise = np.random.Generator(np.random.PCG64(PATHS_SEED)).standard_normal((20, 2))
    samples = [mean + s * e for mean, s, e in zip(arrays["posterior_mean"], std, noise, strict=True)]
    unit = np.mean([min(np.linalg.norm(a - b) for b in samples if b is not a) for a in samples])
    nearest = [min(np.linalg.norm(z - sample) for sample in samples) for path in arrays["path_z"] for z in path]
    assert measured["posterior_distance"] == pytest.approx(np.mean(nearest) / unit)
    assert measured["end_distance"] == pytest.approx(1 / unit)


def test_each_measure_is_over_the_paths_found_between_two_different_ends():
    """Of five pairs one has no path, and one has the same end twice: a path that stands still, or leads back."""
    frames = np.random.default_rng(0).normal(size=(5, 6, 4))
    arrays = interpolation(np.array([True, True, True, False, True]), frames, frames)
    arrays["straight_length"] = np.array([1.0, 0.0, 2.0, 1.0, 3.0])
    arrays["end_distance"] = np.arange(10.0).reshape(5, 2)
    arrays["end_error"] = np.arange(10.0).reshape(5, 2) ** 2
    measured, kept = measure(arrays, WHOLE, None, DATA), [0, 2, 4]
    assert measured["n_moving"] == 3
    for prefix in ("", "straight_"):
        assert measured[f"{prefix}smoothness"] == pytest.approx(np.mean([smoothness_factor(frames[i]) for i in kept]))
    assert [factor is None for factor in measured["path_smoothness"]] == [False, True, False, True, False]
    assert measured["end_error"] == pytest.approx(np.mean([0.5, 20.5, 72.5]))
    assert measured["end_error_std"] == pytest.approx(np.std([0.5, 20.5, 72.5], ddof=1))
    assert measured["end_distance"] == pytest.approx(4.5 / spacing(arrays["posterior_mean"]))


def test_how_far_a_path_goes_is_measured_too():
    frames = np.linspace(0, 1, 10)[None, :, None] * np.array([3.0, 4.0]) * np.array([1.0, 2.0])[:, None, None]
    data = Data(np.zeros((2, 2), np.float32), np.inf)
    measured = measure(interpolation(np.ones(2, bool), frames, frames), WHOLE, None, data)
    assert measured["end_to_end"] == pytest.approx(1.5 * 5 / np.sqrt(2))
    assert measured["smoothness"] == pytest.approx(0, abs=1e-12)


def test_the_pendulum_turns_one_way_or_back():
    angle = np.stack([np.linspace(0, 1, 9), np.r_[np.linspace(0, 1, 7), 0.9, 0.8]])
    arrays = interpolation(np.ones(2, bool), pendulum.render(angle), pendulum.render(angle[::-1]))
    measured = measure(arrays, WHOLE, pendulum.render, PENDULUM)
    expected = (1 + 0.8 / 1.2) / 2
    assert measured["monotonicity"] == pytest.approx(expected, abs=2e-3)
    assert measured["straight_monotonicity"] == pytest.approx(expected, abs=2e-3)
    assert measured["angle_error"] < 1e-3
    assert measured["path_monotonicity"] == pytest.approx([1, 0.8 / 1.2], abs=2e-3)
    assert measured["off_data"] == 0 and measured["path_breaks"] == [[], []]


def test_what_no_angle_explains_is_the_angles_error():
    """The four corners, of 256 pixels, are out of the rod's reach: an error e in each is an RMS of e / 8."""
    frames = pendulum.render(-np.pi + np.arange(7) * np.pi / 6)[None]
    corners, error = np.array([0, 15, 240, 255]), np.array([0.1, 0.2, 0.3, 0.4, 0.3, 0.2, 0.4])
    wrong, worse = frames.copy(), frames.copy()
    wrong[:, :, corners] += error[:, None]
    worse[:, :, corners] += 2 * error[:, None]
    measured = measure(interpolation(np.ones(1, bool), wrong, worse), WHOLE, pendulum.render, PENDULUM)
    assert measured["angle_error"] == pytest.approx(1.9 / 7 / 8, rel=1e-3)
    assert measured["straight_angle_error"] == pytest.approx(2 * 1.9 / 7 / 8, rel=1e-3)


def test_a_pendulum_that_fades_out_and_in_is_a_discontinuity_and_no_jump():
    fade = np.abs(np.linspace(-1, 1, 41))[:, None]
    first, second = pendulum.render(np.array([0.0, np.pi]))
    frames = fade * np.where(np.arange(41)[:, None] < 20, first, second)
    turning = pendulum.render(np.linspace(0, np.pi, 41))
    measured = measure(interpolation(np.ones(1, bool), frames[None], turning[None]), WHOLE, pendulum.render, PENDULUM)
    assert measured["discontinuities"] == 0
    [[step]] = measured["path_breaks"]
    assert 18 <= step <= 20 and 0.1 < measured["off_data"] < 0.9
    assert measured["straight_breaks"] == measured["straight_off_data"] == 0


def test_roughness_is_of_each_joint_and_a_joint_at_rest_has_none():
    frames = np.stack([np.arange(7.0) ** 2, np.zeros(7)], axis=1)[None]
    joints = {"moves": slice(0, 1), "rests": slice(1, 2)}
    data = Data(np.zeros((2, 2), np.float32), np.inf)
    measured = measure(interpolation(np.ones(1, bool), frames, frames), joints, None, data)
    steps = np.arange(1, 12, 2)
    expected = 2 / np.sqrt(np.mean(steps**2))
    assert measured["path_roughness_joints"] == [[pytest.approx(expected), None]]
    assert measured["path_roughness"] == [pytest.approx(expected)]
    assert measured["path_smoothness_joints"] == [[pytest.approx(2), 0]]
