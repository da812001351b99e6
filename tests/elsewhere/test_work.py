"""Which stages of which runs stages.elsewhere.work runs, and what it reports. The stages are replaced."""

import signal
import sys
import time
from dataclasses import asdict

import pytest
import tiny
from configured import TINY_REWO, write_config

from stages.command import STOPPED
from stages.elsewhere import bring_back, record, work
from stages.elsewhere.record import path_of
from stages.files import read_json, write_json
from stages.runs.places import RUNS, config_file, data_file, run_folder

A, B = "digits-vhp_rewo-0", "digits-vhp_rewo-1"
SECTIONS = {
    "model": {"d_z": 2, "hidden": [4]},
    "method": TINY_REWO,
    "training": asdict(tiny.training()) | {"threads": 1},
    "evaluation": {"n_samples": 5, "n_test": None, "precision": "float32", "compile": False},
}


def configure():
    """Both runs, and data for them, in the working directory."""
    for seed in (0, 1):
        write_config({"run": {"dataset": "digits", "method": "vhp_rewo", "seed": seed}} | SECTIONS)
    data_file("digits").parent.mkdir(parents=True)
    data_file("digits").touch()


@pytest.fixture(autouse=True)
def handler():
    """main() sets the handler of SIGTERM for its own process, which is that of all tests."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def statuses(monkeypatch):
    """Replaces the stages by these exit statuses, by (run, stage); the others succeed. Gives what was called."""
    called, wanted = [], {}

    def status_of(run, stage, end):
        called.append((run, stage))
        return wanted.get((run, stage), 0)

    monkeypatch.setattr(work, "work", status_of)
    return wanted, called


def test_a_run_that_fails_does_not_keep_the_others_from_running(statuses):
    wanted, called = statuses
    wanted[("a", "train")] = 1
    assert work.work_on(["b", "a", "c"], end=0) == ([], ["train of a"])
    assert called == [("b", "train"), ("b", "evaluate"), ("a", "train"), ("c", "train"), ("c", "evaluate")]


@pytest.mark.parametrize(
    ("failing", "status", "message"),
    [
        ({}, None, None),
        ({("b", "evaluate"): STOPPED}, STOPPED, None),
        ({("a", "train"): 1, ("b", "evaluate"): STOPPED}, None, "work: failed: train of a"),
    ],
)
def test_the_exit_status_says_whether_to_come_back(statuses, monkeypatch, failing, status, message):
    statuses[0].update(failing)
    monkeypatch.setattr(sys, "argv", ["cells", "a", "b"])
    monkeypatch.setattr(work, "check", lambda runs: None)
    if status is None and message is None:
        work.main()
        return
    with pytest.raises(SystemExit) as ended:
        work.main()
    assert ended.value.code == status if message is None else str(ended.value.code).startswith(message)


def test_without_any_run_it_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cells"])
    with pytest.raises(SystemExit, match="work: found no run, expected names or configurations in runs/configs"):
        work.main()


def test_an_unknown_run_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["cells", "digits-vhp_rewo-9"])
    with pytest.raises(SystemExit, match="work: found no configuration of digits-vhp_rewo-9, expected some"):
        work.main()


def test_a_run_begun_from_other_files_is_named_before_any_run_is_worked_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    configure()
    write_json(path_of(tmp_path / "runs", B, "train"), {"config": {}, "files": {}})
    worked = []
    monkeypatch.setattr(work, "work", lambda run, stage, end: worked.append(run) or 0)
    monkeypatch.setattr(sys, "argv", ["cells", A, B])
    with pytest.raises(SystemExit, match=f"work: train of {B} was begun from other files or code"):
        work.main()
    assert worked == []


@pytest.fixture
def two_runs(tmp_path, monkeypatch):
    """Of which the first is trained; called, the command is refused with this message before it works on either."""
    monkeypatch.chdir(tmp_path)
    configure()
    run_folder(A).mkdir(parents=True)
    (run_folder(A) / "model.safetensors").touch()
    outputs = {"outputs": record.outputs(RUNS, A, "train")}
    record.write(A, "train", record.inputs(A, "train") | outputs)

    def refused(message):
        monkeypatch.setattr(work, "work", lambda run, stage, end: pytest.fail(f"{stage} of {run} was begun"))
        monkeypatch.setattr(sys, "argv", ["cells", A, B])
        with pytest.raises(SystemExit, match=message):
            work.main()

    return refused


def test_an_evaluation_begun_from_other_files_is_named_before_any_run_is_worked_on(two_runs):
    record.write(A, "evaluate", record.inputs(A, "evaluate") | {"config": {}})
    two_runs(f"work: evaluate of {A} was begun from other files or code")


def test_a_program_that_cannot_evaluate_is_named_before_it_trains(two_runs):
    config = read_json(config_file(B))
    write_json(config_file(B), config | {"code": config["code"] | {"evaluate": "0" * 16}})
    two_runs(rf"work: runs/configs/{B}\.json: found 0000000000000000 as the code of evaluate")


@pytest.mark.parametrize(
    ("section", "left", "message"),
    [
        ("code", (), "found no train"),
        ("code", ("train",), "found no evaluate"),
        ("run", (), "found no dataset"),
        ("run", ("dataset", "seed"), "found no method"),
        ("evaluation", (), "found no n_samples"),
    ],
)
def test_a_configuration_that_lacks_something_is_named_before_any_run_is_worked_on(two_runs, section, left, message):
    config = read_json(config_file(B))
    write_json(config_file(B), config | {section: {key: config[section][key] for key in left}})
    two_runs(rf"work: runs/configs/{B}\.json cannot be read \({message}\)")


def test_out_of_time_no_stage_is_begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "outcome_so_far", lambda run, stage: (False, {}))
    assert work.work("a", "train", end=time.time() - 1) == STOPPED
    assert list(tmp_path.iterdir()) == []


def test_what_is_unfinished_is_left_to_the_pipeline(tmp_path):
    begun = {"config": {}, "files": {}}
    done = begun | {"outputs": {}}
    for run, stage, made in (
        ("a", "train", done),
        ("a", "evaluate", begun),
        ("b", "train", begun),
        ("c", "train", done),
        ("c", "evaluate", done),
    ):
        write_json(path_of(tmp_path, run, stage), made)
    assert list(bring_back.finished(tmp_path, ["a", "b", "c"])) == ["train@a", "train@c", "evaluate@c"]
