"""The train and evaluate stages on real values: the training's noise, and the exact likelihood, where it is known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from configured import write_config
from test_train_stage import CONFIG

from stages import evaluate, train
from stages.files import read_json, read_npz, write_npz
from stages.runs.places import run_folder
from stages.runs.run import open_run
from vhp.datasets import pendulum
from vhp.training.fit import fit
from vhp.training.settings import TrainingSettings

NAME = "pendulum-iwae_l1-3"
RUN = {"dataset": "pendulum", "method": "iwae_l1", "seed": 3, "budget": "smoke"}
TRAINING = CONFIG["training"] | {"epochs": 2, "validate_every": 1}
EVALUATION = CONFIG["evaluation"] | {"refined": None}


@pytest.fixture
def data(tmp_path, monkeypatch) -> dict[str, np.ndarray]:
    """In a working directory with a configuration: pictures of the pendulum, each with its own noise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stage", NAME])
    method = {"run": RUN, "method": {"n_importance": 2}}
    write_config(CONFIG | method | {"training": TRAINING, "evaluation": EVALUATION})
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 48), ("val", 16), ("test", 30)):
        clean = pendulum.render(rng.uniform(-np.pi, np.pi, n))
        arrays[split] = (clean + rng.normal(0, rng.uniform(0.02, 0.2, (n, 1)), clean.shape)).astype(np.float32)
    write_npz(Path("data/processed/pendulum.npz"), arrays)
    return arrays


def test_the_exact_likelihood_is_that_of_the_examples_evaluated(data):
    train.main()
    evaluate.main()
    index = read_npz(run_folder(NAME) / "likelihood.npz")["index"]
    found = read_json(run_folder(NAME) / "likelihood.json")["exact_nll"]
    assert len(index) == EVALUATION["n_test"] < len(data["test"])
    assert found == pytest.approx(-pendulum.log_likelihood(data["test"][index]).mean(), rel=1e-12)
    assert abs(found + pendulum.log_likelihood(data["test"]).mean()) > 1  # or all of them would do


def trained(noise: np.ndarray | None) -> list[dict[str, float]]:
    run = open_run(NAME)
    settings = {key: value for key, value in TRAINING.items() if key != "threads"}
    splits = run.splits["train"], run.splits["val"]
    noise = None if noise is None else torch.from_numpy(noise)
    return fit(run.method, *splits, TrainingSettings(**settings), seed=RUN["seed"], noise=noise).history


def test_training_batches_get_the_noise_that_the_data_set_recorded(data):
    noise = np.linspace(0, 0.5, 256, dtype=np.float32)
    write_npz(Path("data/processed/pendulum.npz"), data | {"noise": noise})
    train.main()
    losses = np.genfromtxt(run_folder(NAME) / "history.csv", delimiter=",", names=True)["loss"]
    with_noise, without = ([row["loss"] for row in trained(n)] for n in (noise, None))
    assert losses == pytest.approx(with_noise, rel=1e-6)
    assert losses != pytest.approx(without, rel=1e-3)
