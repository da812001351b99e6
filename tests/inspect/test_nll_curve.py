"""The likelihood during training: of each checkpoint's own weights, in order, on the same images."""

import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny
import torch
from configured import write_config
from PIL import Image

from stages import train
from stages.command import STOPPED
from stages.files import read_json, write_npz
from stages.inspect import nll_curve
from stages.runs.places import run_folder
from stages.runs.run import load_model, open_run
from stages.runs.subsets import evaluated_examples
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.resumable import Checkpoint, read_state
from vhp.seeds import EVALUATION_SEED

RUN = "digits-iwae_l1-0"
N_TEST, S = 20, 50


def command(module, monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["stage", RUN, *arguments])
    module.main()


@pytest.fixture
def states(tmp_path, monkeypatch):
    """Of a run in training: a checkpoint after each of the first two epochs of three, the later one first."""
    monkeypatch.chdir(tmp_path)
    prototypes = np.random.default_rng(0).integers(0, 2, (4, 64))
    data = {
        split: np.uint8(255) * prototypes[np.arange(n) % 4].astype(np.uint8)
        for split, n in (("train", 400), ("val", 40), ("test", 2 * N_TEST))
    }
    write_npz(Path("data/processed/digits.npz"), data)
    config = {
        "run": {"dataset": "digits", "method": "iwae_l1", "seed": 0, "budget": "smoke"},
        "model": {"d_z": 2, "network": "mlp", "hidden": [8]},
        "method": tiny.SETTINGS["iwae_l1"],
        "training": vars(tiny.training(epochs=3, batch_size=20)) | {"threads": 1},
    }
    write_config(config)
    kept = []
    for epoch in (1, 2):
        with pytest.raises(SystemExit) as stopped:
            command(train, monkeypatch, "--until", "0")
        assert stopped.value.code == STOPPED
        (found,) = Path("runs/checkpoints").glob("*/state.pt")
        kept.insert(0, Path(f"{epoch}.pt"))
        shutil.copyfile(found, kept[0])
    return kept


def test_each_row_is_the_estimate_of_the_best_weights_so_far(states, monkeypatch, capsys):
    command(train, monkeypatch)
    command(
        *(nll_curve, monkeypatch, *map(str, states)),
        *("--into", "out", "--images", str(N_TEST), "--samples", str(S)),
    )
    found = pd.read_csv("out/nll_curve.csv")
    assert found["epoch"].tolist() == [1, 2, 3] and found["minutes"].is_monotonic_increasing
    run = open_run(RUN)
    index = evaluated_examples(2 * N_TEST, N_TEST)
    for row in found.itertuples():
        model = load_model(run)
        if row.epoch < 3:
            state = read_state(Path(f"{row.epoch}.pt"), run.device)
            model.load_state_dict(state["best"])
            assert row.validation_bound == pytest.approx(state["fit"]["best_bound"])
        expected = estimate(
            *(model, run.splits["test"][index], LikelihoodSettings(S, "float32", False), EVALUATION_SEED, index)
        )
        assert row.nll == pytest.approx(-expected.log_likelihood.mean().item(), rel=1e-5)
        assert row.nll_se == pytest.approx(expected.log_likelihood.std().item() / N_TEST**0.5, rel=1e-4)
    last = read_json(run_folder(RUN) / "training.json")
    assert found["best_epoch"].tolist()[-1] == last["best_epoch"]
    assert found["nll"].nunique() == 3  # three states of the weights, not one of them three times
    with Image.open("out/nll_curve.png") as picture:
        assert min(picture.size) > 300
    assert "validation_bound" in capsys.readouterr().out


def save(state: dict, name: str) -> None:
    """As a copy of a checkpoint."""
    checkpoint = Checkpoint(Path("folder"))
    checkpoint.save(state)
    shutil.copyfile(checkpoint.file, name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "found neither a checkpoint of digits-iwae_l1-0 nor its trained model"),
        (["missing.pt"], "No such file"),
        (["text.pt"], "text.pt: found a checksum that is not the content's: no checkpoint, or a damaged one"),
        (["other.pt"], "other.pt: found no checkpoint of a training, expected best, epoch, fit, model, seconds in it"),
        (["early.pt"], "early.pt: found no validation in the first 1 epochs, expected a later state"),
        (["."], "Is a directory"),
        (["wider.pt"], f"the weights after epoch 1 do not fit runs/configs/{RUN}.json"),
    ],
)
def test_what_is_no_checkpoint_of_the_run_is_refused(states, monkeypatch, arguments, message):
    Path("text.pt").write_text("no checkpoint")
    save({"columns": []}, "other.pt")
    state = read_state(Path("1.pt"), torch.device("cpu"))
    never = {"best_epoch": 0, "best_bound": -math.inf, "history": []}
    save(state | {"fit": state["fit"] | never}, "early.pt")
    save(state | {"best": {"another": torch.zeros(1)}}, "wider.pt")
    with pytest.raises(SystemExit, match=message):
        command(nll_curve, monkeypatch, *arguments, "--into", "out")
    assert not Path("out").exists()


def test_a_run_that_is_not_configured_and_a_damaged_model_are_refused(states, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nll_curve", "digits-typo-0", "1.pt", "--into", "out"])
    with pytest.raises(SystemExit, match=f"found no configuration of digits-typo-0, expected some of {RUN}; in"):
        nll_curve.main()
    command(train, monkeypatch)
    (run_folder(RUN) / "model.safetensors").write_bytes(b"short")
    with pytest.raises(SystemExit, match=r"model\.safetensors cannot be read .*delete it and run `dvc repro`"):
        command(nll_curve, monkeypatch, "--into", "out")
    (run_folder(RUN) / "training_time.json").write_text("{}")
    with pytest.raises(SystemExit, match=r"training_time\.json cannot be read"):
        command(nll_curve, monkeypatch, "--into", "out")
