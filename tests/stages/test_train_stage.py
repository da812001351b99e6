"""The train and evaluate stages on a tiny data set, in a folder of their own."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from configured import TINY_REWO, write_config
from safetensors.numpy import load_file

import vhp
from stages import evaluate, train
from stages.files import read_json, read_npz, write_json, write_npz
from stages.runs import progress, sitting
from stages.runs.places import config_file, run_folder
from stages.runs.run import open_run
from stages.runs.run_stages import RUN_STAGES
from vhp.model import files

NAME = "digits-vhp_rewo-3"
CONFIG = {
    "run": {"dataset": "digits", "method": "vhp_rewo", "seed": 3, "budget": "smoke"},
    "model": {"d_z": 2, "hidden": [8]},
    "method": TINY_REWO,
    "training": {
        "epochs": 6,
        "patience": None,
        "least_gain": 0.1,
        "batch_size": 16,
        "learning_rate": 0.01,
        "learning_rate_warm_up": 0.1,
        "learning_rate_fall": 1.0,
        "gradient_limit": 5.0,
        "weight_decay": 0.0,
        "learning_rate_final": 0.1,
        "validate_every": 2,
        "precision": "float32",
        "compile": False,
        "threads": 1,
    },
    "evaluation": {
        **{"n_samples": 50, "n_test": 12, "precision": "float32", "compile": False},
        "refined": {"pilot": 20, "enough": 0.9, "modes": 2, "steps": 5, "centring": 2, "rounds": 1},
    },
}
MODEL = run_folder(NAME) / "model.safetensors"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Makes a working directory with configuration and data, and goes there."""

    def folder(name: str = "a", **changes) -> Path:
        path = tmp_path / name
        path.mkdir()
        monkeypatch.chdir(path)
        write_config(CONFIG | changes)
        rng = np.random.default_rng(0)
        grey = rng.integers(0, 256, (64, 64), dtype=np.uint8)
        binary = rng.integers(0, 2, (48, 64), dtype=np.uint8) * np.uint8(255)
        write_npz(Path("data", "processed", "digits.npz"), {"train": grey, "val": binary[:16], "test": binary[16:]})
        return path

    monkeypatch.setattr(sys, "argv", ["stage", NAME])
    return folder


def interrupted_before(epoch):
    def epochs(iterable, **_):
        for e in iterable:
            if e == epoch:
                raise KeyboardInterrupt
            yield e

    return epochs


def test_training_leaves_a_model_a_history_and_a_summary(folder):
    folder()
    train.main()
    summary = json.loads((run_folder(NAME) / "training.json").read_text())
    history = np.genfromtxt((run_folder(NAME) / "history.csv"), delimiter=",", names=True)
    assert list(history["epoch"]) == [2, 4, 6]
    assert set(history["kappa_squared"]) == {0.8**2}
    snapshots = read_npz(run_folder(NAME) / "snapshots.npz")
    assert list(snapshots["step"]) == [4, 8, 24]  # after epochs 1, 2 and 6
    assert snapshots["posterior_mean"].shape == (3, 32, 2) and snapshots["prior"].shape == (3, 1000, 2)
    assert len(np.unique(snapshots["example"])) == 32
    assert summary["epochs"] == 6
    assert (summary["converged"], summary["falls_from"]) == (None, None)
    assert summary["gain_last_tenth"] == pytest.approx(
        max(history["validation_bound"]) - max(history["validation_bound"][:2])
    )
    assert summary["skipped_steps"] == 0
    assert summary["beta_final"] == history["beta"][-1]
    assert summary["best_validation_bound"] == history["validation_bound"].max()
    assert summary["n_parameters"] == sum(a.size for a in load_file(MODEL).values())
    assert not list(Path("runs", "checkpoints").glob("*"))
    loaded = vhp.load(run_folder(NAME))
    assert loaded.about["data_sha256"] == summary["data_sha256"] and loaded.about["image_shape"] == [8, 8]
    assert {key: loaded.about[key] for key in ("run", "method", "training")} == {
        key: CONFIG[key] for key in ("run", "method", "training")
    }
    np.testing.assert_array_equal(loaded.encode(np.eye(64)).mean, vhp.load(MODEL).encode(np.eye(64)).mean)


def test_a_model_whose_file_could_not_be_loaded_is_refused_before_it_is_trained(folder, monkeypatch):
    folder()
    monkeypatch.setattr(files, "PACKAGE", "elsewhere")
    with pytest.raises(SystemExit, match="train: found the prior HierarchicalPrior, expected one of"):
        train.main()
    assert not run_folder(NAME).exists()


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(folder, monkeypatch):
    folder("whole")
    train.main()
    written = [(run_folder(NAME) / name) for name in ("model.safetensors", "history.csv", "snapshots.npz")]
    expected = [path.read_bytes() for path in written]

    folder("interrupted")
    monkeypatch.setattr(sitting, "CHECKPOINT_SECONDS", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(progress, "tqdm", interrupted_before(epoch=4))
        with pytest.raises(SystemExit, match="interrupted; repeat the command to resume"):
            train.main()
    assert not MODEL.exists()
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(progress, "tqdm", lambda epochs, **_: (seen.append(e) or e for e in epochs))
        train.main()
    assert seen == [4, 5, 6]
    assert [path.read_bytes() for path in written] == expected


@pytest.mark.parametrize("stage", [train, evaluate])
def test_a_configuration_that_changes_meanwhile_fails_the_command_and_its_work_is_kept(folder, monkeypatch, stage):
    """DVC would note the outputs as made with what the file holds in the end."""
    folder()
    if stage is evaluate:
        train.main()

    def changed(*arguments, **_):
        write_json(config_file(NAME), read_json(config_file(NAME)) | {"interpolation": {"k": 3}})
        return arguments[0]

    monkeypatch.setattr(progress, "tqdm", changed)
    monkeypatch.setattr(sitting, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(SystemExit, match="was changed while this command ran with what it held before"):
        stage.main()
    assert list(Path("runs", "checkpoints").glob("*/state.pt"))


def test_a_changed_configuration_does_not_resume_an_old_checkpoint(folder, monkeypatch):
    folder()
    monkeypatch.setattr(sitting, "CHECKPOINT_SECONDS", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(progress, "tqdm", interrupted_before(epoch=4))
        with pytest.raises(SystemExit):
            train.main()
    changed = CONFIG | {"training": CONFIG["training"] | {"learning_rate": 0.02}}
    write_config(changed)
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(progress, "tqdm", lambda epochs, **_: (seen.append(e) or e for e in epochs))
        train.main()
    assert seen == [1, 2, 3, 4, 5, 6]


def test_the_key_of_a_checkpoint_follows_configuration_data_and_code(folder):
    """Each change gives a key of its own; the unchanged run has the same key again."""
    folder()
    run = open_run(NAME)

    def key(contents="data", **sections):
        changed = replace(run, config=run.config | sections)
        return sitting.checkpoint(changed, "train", contents).file

    keys = [key(), key("other data"), key(code=run.config["code"] | {"train": "0123456789abcdef"})]
    keys += [key(**{section: run.config[section] | {"seed": 4}}) for section in RUN_STAGES["train"].sections]
    assert len(set(keys)) == len(keys) == 7
    # How a run is evaluated later does not matter.
    assert key(evaluation={}, code=run.config["code"] | {"evaluate": "0123456789abcdef"}) == key()


def test_a_configuration_made_for_other_code_is_refused(folder, monkeypatch):
    folder()
    config = read_json(config_file(NAME))
    write_json(config_file(NAME), config | {"code": config["code"] | {"train": "0123456789abcdef"}})
    monkeypatch.setattr(sys, "argv", ["train", NAME])
    with pytest.raises(SystemExit, match="found 0123456789abcdef as the code of train, expected"):
        train.main()


def test_training_without_data_says_how_to_get_them(folder):
    folder()
    Path("data", "processed", "digits.npz").unlink()
    with pytest.raises(SystemExit, match=r"train: data/processed/digits.npz is missing: `dvc repro` makes it"):
        train.main()


def test_training_on_a_truncated_file_names_it(folder):
    folder()
    path = Path("data", "processed", "digits.npz")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(SystemExit, match=r"digits.npz cannot be read .*: delete it and run `dvc repro`"):
        train.main()


def test_evaluation_reports_what_it_keeps_per_image(folder):
    folder()
    train.main()
    evaluate.main()
    values = json.loads((run_folder(NAME) / "likelihood.json").read_text())
    images = read_npz(run_folder(NAME) / "likelihood.npz")
    assert values["n_test"] == 12 and values["n_samples"] == 50 and values["exact_nll"] is None
    assert values["nll"] == pytest.approx(-images["log_likelihood"].mean(), rel=1e-12)
    assert values["nll_se"] == pytest.approx(images["log_likelihood"].std(ddof=1) / np.sqrt(12))
    assert values["elbo"] < -values["nll"] and values["elbo_mc_se"] > 0
    assert values["sample_counts"] == [1, 10, 50] and images["of_first"].shape == (12, 3)
    assert values["nll_of_first"] == pytest.approx((-images["of_first"].mean(0)).tolist(), rel=1e-12)
    assert values["nll_of_first"][-1] == pytest.approx(values["nll"], rel=1e-6) != values["nll_of_first"][0]
    assert values["refined_nll"] == pytest.approx(-images["refined_log_likelihood"].mean(), rel=1e-12)
    assert values["refined_own_proposals"] == images["refined_own_proposal"].sum() > 0
    assert values["refined_nll"] == pytest.approx(values["nll"], abs=1)  # of 50 samples
    assert len(np.unique(images["index"])) == 12 and images["index"].max() < 32
    first = (run_folder(NAME) / "likelihood.npz").read_bytes()
    evaluate.main()
    assert (run_folder(NAME) / "likelihood.npz").read_bytes() == first


def test_an_interrupted_evaluation_ends_with_one_line_and_writes_nothing(folder, monkeypatch):
    folder()
    train.main()
    before = sorted(run_folder(NAME).iterdir())

    def interrupted(batches, **_):
        yield next(iter(batches))
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "tqdm", interrupted)
    with pytest.raises(SystemExit, match="evaluate: interrupted"):
        evaluate.main()
    assert sorted(run_folder(NAME).iterdir()) == before


def test_an_evaluation_interrupted_in_its_second_half_does_not_repeat_the_first(folder, monkeypatch):
    folder()
    train.main()
    evaluate.main()
    outputs = [run_folder(NAME) / name for name in ("likelihood.json", "likelihood.npz")]
    whole, seen = [path.read_bytes() for path in outputs], []
    for path in outputs:
        path.unlink()

    def watched(interrupt):
        def shown(batches, desc, **_):
            for batch in batches:
                seen.append(desc)
                yield batch
                if interrupt and desc.endswith("refined"):
                    raise KeyboardInterrupt

        return shown

    monkeypatch.setattr(progress, "tqdm", watched(interrupt=True))
    with pytest.raises(SystemExit, match="evaluate: interrupted"):
        evaluate.main()
    assert seen == [NAME, f"{NAME} refined"] and not any(path.exists() for path in outputs)
    seen.clear()
    monkeypatch.setattr(progress, "tqdm", watched(interrupt=False))
    evaluate.main()
    assert seen == [f"{NAME} refined"]
    assert [path.read_bytes() for path in outputs] == whole
    assert not list(sitting.CHECKPOINTS.glob("*"))


def test_without_settings_for_it_there_is_no_refined_estimate(folder):
    folder(evaluation=CONFIG["evaluation"] | {"refined": None})
    train.main()
    evaluate.main()
    assert not any(key.startswith("refined") for key in read_json(run_folder(NAME) / "likelihood.json"))


def test_evaluation_before_training_says_so(folder):
    folder()
    with pytest.raises(SystemExit, match=r"evaluate: .*model\.safetensors"):
        evaluate.main()
