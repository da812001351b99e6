"""The representation stage on synthetic latent spaces."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from configured import write_config

from stages import representation
from stages.files import write_npz
from stages.runs.places import run_folder

NAME, N = "pendulum-vhp_rewo-0", 600
RUN = run_folder(NAME)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Writes the inputs, runs the stage and gives what it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stage", NAME])
    write_config({"run": {"dataset": "pendulum", "method": "vhp_rewo", "seed": 0, "budget": "smoke"}})

    def measured(mean, std, prior, angle=None):
        example = np.random.default_rng(1).permutation(N)
        data = {split: np.zeros((N, 1), np.float32) for split in ("train", "val", "test")}
        data |= {} if angle is None else {"test_angle": angle[np.argsort(example)]}
        write_npz(Path("data", "processed", "pendulum.npz"), data)
        arrays = {"posterior_mean": mean, "posterior_std": std + 0 * mean, "prior": prior, "nodes": prior[::2]}
        write_npz(RUN / "latent_space.npz", arrays | {"posterior_example": example})
        representation.main()
        return json.loads((RUN / "representation.json").read_text())

    return measured


def noisy_ring(seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-np.pi, np.pi, N)
    return angle, np.stack([np.cos(angle), -np.sin(angle)], -1) + rng.normal(0, 0.05, (N, 2))


def test_a_prior_like_the_posterior_and_one_that_fills_the_ring(measured):
    angle, mean = noisy_ring(0)
    _, other = noisy_ring(1)
    like = measured(mean, 0.0, other, angle)
    assert like["winding_number"] == -1 and like["rank_correlation"] < -0.95
    assert like["mmd2_level"] > 0.05 and 0.4 < like["classifier_accuracy"] < 0.6
    unlike = measured(mean, 0.0, np.random.default_rng(2).normal(size=(N, 2)), angle)
    assert unlike["mmd2_level"] == 1 / 200 and unlike["classifier_accuracy"] > 0.8
    assert unlike["n_points"] == N


def test_the_posterior_compared_is_that_of_samples_not_of_means(measured):
    """Means in one point with standard deviation 1 are, together, a standard normal."""
    rng = np.random.default_rng(4)
    assert measured(np.zeros((N, 3)), 1.0, rng.normal(size=(N, 3)))["mmd2_level"] > 0.05
    assert measured(np.zeros((N, 3)), 0.1, rng.normal(size=(N, 3)))["mmd2_level"] == 1 / 200


def test_without_a_true_angle_nothing_is_said_of_its_order(measured):
    _, mean = noisy_ring(0)
    assert measured(mean, 0.0, mean)["winding_number"] is None


def test_a_missing_input_is_named(measured):
    _, mean = noisy_ring(0)
    measured(mean, 0.0, mean)
    for path in (RUN / "latent_space.npz", Path("data", "processed", "pendulum.npz")):
        path.unlink()
        with pytest.raises(SystemExit, match=rf"representation: {path} is missing: `dvc repro` makes it"):
            representation.main()
