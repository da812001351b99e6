"""A run packed, trained and evaluated in three sittings without DVC, and brought back: git and DVC are real.

The other machine is a folder of its own, in which the packages that it lacks cannot be imported.
"""

import shutil
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest
import sandbox
import yaml
from dvc.repo import Repo

from stages import evaluate, train
from stages.command import STOPPED
from stages.elsewhere import bring_back, record, work
from stages.files import md5, read_json, write_json
from stages.runs.places import config_file, run_folder
from stages.runs.run_stages import RUN_STAGES

ROOT = Path(__file__).parents[2]
RUN = "digits-vhp_rewo-0"
ABSENT = ("dvc", "yaml", "pydantic", "pandas", "scipy", "sklearn", "matplotlib", "networkx", "pooch", "PIL")
MATRIX = {"budget": "smoke", "datasets": ["digits"], "methods": ["vhp_rewo"], "seeds": [0]}


def call(place, *command, status=0):
    """Run a Python module in a folder; gives what it printed."""
    environment = {k: v for k, v in sandbox.environment(OMP_NUM_THREADS="1").items() if k != "PYTHONPATH"}
    if (place.parent / "absent").exists() and place.name != "pipeline":
        environment["PYTHONPATH"] = str(place.parent / "absent")
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A repository with the program as it is, one run, and a convolutional network; configured and with data."""
    place = tmp_path_factory.mktemp("sandbox") / "pipeline"
    for name in ("stages", "vhp"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore", ".dvc/plots/training.json"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place / name)
    params = yaml.safe_load((ROOT / "params.yaml").read_text()) | MATRIX
    smoke = params["budgets"]["smoke"]
    smoke |= {"network": {"default": "mlp", "digits": "conv"}}
    smoke["hidden"]["digits"] = [3, 4]
    smoke["training"]["epochs"] = 3
    (place / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=place, check=True)
    call(place, "dvc", "repro", "--quiet", "configure", "preprocess@digits")
    return place


@pytest.fixture(scope="module")
def results(pipeline):
    """The folder `runs` as it comes back, after three sittings, and one that was left alone."""
    call(pipeline, "stages.elsewhere.pack", "../gpu.tar", RUN)
    absent = pipeline.parent / "absent"
    absent.mkdir()
    for name in ABSENT:
        (absent / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name!r}', name={name!r})\n")
    places = [pipeline.parent / name for name in ("first", "second", "third", "undisturbed")]
    for place in places:
        with tarfile.open(pipeline.parent / "gpu.tar") as tar:
            tar.extractall(place, filter="data")
    for place, after in pairwise(places[:3]):
        # Over before the first epoch is, so that each sitting does one of the three; then on to another machine.
        printed = call(place, "stages.elsewhere.work", "--minutes", "0.01", RUN, status=STOPPED)
        assert f"out of time before the end of train of {RUN}" in printed
        assert not (place / run_folder(RUN) / "model.safetensors").exists()
        shutil.copytree(place / "runs", after / "runs", dirs_exist_ok=True)
    assert "resuming after epoch 2 of 3" in call(places[2], "stages.elsewhere.work")
    assert "complete" in call(places[2], "stages.elsewhere.work")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(places[3])
        patch.setattr(sys, "argv", ["stage", RUN])
        train.main()
        evaluate.main()
    return places[2] / "runs", places[3] / "runs"


def test_three_sittings_end_with_the_bytes_of_one(results):
    found, undisturbed = results
    one, other = (record.folder_of(root, RUN) for root in (found, undisturbed))
    names = ("model.safetensors", "history.csv", "snapshots.npz", "training.json", "likelihood.json", "likelihood.npz")
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert not list((found / "checkpoints").glob("*/*"))


def refusal(root):
    """The message when the results in the folder are refused."""
    with Repo() as repo, pytest.raises(ValueError, match="not made by the pipeline of this repository") as refused:
        bring_back.check(root, bring_back.finished(root, [RUN]), repo)
    return str(refused.value)


def changed(results, tmp_path, stage, change):
    """A copy of the results, with another record of one stage."""
    root = tmp_path / "runs"
    shutil.copytree(results[0], root)
    made = read_json(record.path_of(root, RUN, stage))
    change(made)
    write_json(record.path_of(root, RUN, stage), made)
    return root


@pytest.mark.parametrize("stage", record.STAGES)
def test_results_of_other_code_are_refused_and_both_are_named(pipeline, results, tmp_path, monkeypatch, stage):
    monkeypatch.chdir(pipeline)
    root = changed(results, tmp_path, stage, lambda made: made["config"]["code"].update({stage: "0123456789abcdef"}))
    (line,) = refusal(root).splitlines()[1:]
    found = f"found 0123456789abcdef, expected {read_json(config_file(RUN))['code'][stage]}"
    assert line == f"  {stage}@{RUN}: {config_file(RUN)} code.{stage}: {found}"


def test_results_of_another_configuration_are_refused(pipeline, results, tmp_path, monkeypatch):
    monkeypatch.chdir(pipeline)
    root = changed(results, tmp_path, "train", lambda made: made["config"]["training"].update(epochs=4))
    (line,) = refusal(root).splitlines()[1:]
    found, _, expected = line.partition(", expected ")
    assert found.startswith(f"  train@{RUN}: runs/configs/{RUN}.json training: found {{")
    assert "'epochs': 4" in found and "'epochs': 3" in expected


def test_results_of_other_data_are_refused(pipeline, results, tmp_path, monkeypatch):
    monkeypatch.chdir(pipeline)
    data = "data/processed/digits.npz"
    root = changed(results, tmp_path, "evaluate", lambda made: made["files"].update({data: "0" * 32}))
    (line,) = refusal(root).splitlines()[1:]
    assert line == f"  evaluate@{RUN}: {data}: found {'0' * 32}, expected {md5(Path(data))}"


def test_damaged_results_are_refused(pipeline, results, tmp_path, monkeypatch):
    monkeypatch.chdir(pipeline)
    root = changed(results, tmp_path, "evaluate", lambda made: made["outputs"].pop("likelihood.json"))
    model = record.folder_of(root, RUN) / "model.safetensors"
    before = md5(model)
    model.write_bytes(model.read_bytes()[:-1])
    assert refusal(root).splitlines()[1:] == [
        f"  train@{RUN}: model.safetensors: found {md5(model)}, expected {before}",
        f"  evaluate@{RUN}: {run_folder(RUN)}/model.safetensors: found {before}, expected {md5(model)}",
        f"  evaluate@{RUN}: likelihood.json: found no such output",
    ]


def test_a_run_of_another_matrix_is_refused(pipeline, results, tmp_path, monkeypatch):
    monkeypatch.chdir(pipeline)
    shutil.copytree(record.folder_of(results[0], RUN), tmp_path / "digits" / "digits-vhp_rewo-7")
    with Repo() as repo, pytest.raises(ValueError, match="train@digits-vhp_rewo-7: found no such stage"):
        bring_back.check(tmp_path, bring_back.finished(tmp_path, ["digits-vhp_rewo-7"]), repo)


def test_a_record_of_other_files_is_not_resumed(results, monkeypatch, tmp_path):
    place = tmp_path / "place"
    shutil.copytree(results[0].parent, place)
    monkeypatch.chdir(place)
    assert work.work_on([RUN], end=0) == ([], [])  # done: nothing to run
    config = read_json(config_file(RUN))
    config["training"]["epochs"] = 4
    write_json(config_file(RUN), config)
    with pytest.raises(
        ValueError, match=r"(?s)train of digits-vhp_rewo-0 was begun from other files .*: other training"
    ):
        work.work_on([RUN], end=0)
    config["code"]["train"] = "0123456789abcdef"
    write_json(config_file(RUN), config)
    with pytest.raises(ValueError, match=r"found 0123456789abcdef as the code of train, expected"):
        work.work_on([RUN], end=0)


def test_brought_back_they_are_up_to_date_and_the_rest_runs(pipeline, results, monkeypatch):
    """The last test of this file: it changes the pipeline."""
    assert "2 stages taken;" in call(pipeline, "stages.elsewhere.bring_back", str(results[0]))
    for name in (name for stage in record.STAGES for name in RUN_STAGES[stage].outputs):
        made = record.folder_of(results[0], RUN) / name
        assert (pipeline / run_folder(RUN) / name).read_bytes() == made.read_bytes()
    stages = [f"{stage}@{RUN}" for stage in record.STAGES]
    monkeypatch.chdir(pipeline)
    with Repo() as repo:
        assert repo.status(targets=stages) == {}
    printed = call(pipeline, "dvc", "repro", "--dry", f"interpolate@{RUN}")
    ran = [line for line in printed.splitlines() if line.startswith("Running stage")]
    assert ran == [f"Running stage 'interpolate@{RUN}':"]
    # From the cache alone, too.
    shutil.rmtree(pipeline / run_folder(RUN))
    assert "Running stage" not in call(pipeline, "dvc", "repro", *stages)
    assert (pipeline / run_folder(RUN) / "likelihood.npz").exists()
