"""What a worker does for a stage, with DVC replaced: which commands, and how often."""

import pytest

from stages.parallel import lockfile, step

JOB = {
    "stage": "train@a-m-0",
    "inputs": ["data/a.txt"],
    "remote": True,
    "params": {},
    "lock": {"preprocess@a": {"cmd": "make data"}},
    "patience": 60.0,
}
ENTRY = {"cmd": "train"}


@pytest.fixture
def clock(monkeypatch):
    """Seconds slept so far; the test does not wait."""
    slept = []
    monkeypatch.setattr(step.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(step.time, "sleep", slept.append)
    return slept


@pytest.fixture
def commands(tmp_path, monkeypatch, clock):
    """The calls of DVC. Each of failures, a name -> how many times it fails at first."""
    monkeypatch.chdir(tmp_path)
    called, failures = [], {}

    def dvc(arguments):
        called.append(arguments)
        if arguments[0] == "repro":
            lockfile.write(lockfile.read() | {JOB["stage"]: ENTRY})
        failures[arguments[0]] = failures.get(arguments[0], 0) - 1
        return 1 if failures[arguments[0]] >= 0 else 0

    monkeypatch.setattr(step, "dvc", dvc)
    dvc.called, dvc.failures = called, failures
    return dvc


def test_inputs_are_fetched_the_stage_run_and_its_outputs_stored(commands):
    assert step.run(JOB) == {"entry": ENTRY}
    expected = [["pull", "--force", "data/a.txt"], ["repro", "--single-item", JOB["stage"]], ["push", JOB["stage"]]]
    assert commands.called == expected


def test_with_a_shared_cache_nothing_is_stored_elsewhere(commands):
    assert step.run(JOB | {"remote": False}) == {"entry": ENTRY}
    assert [arguments[0] for arguments in commands.called] == ["checkout", "repro"]


@pytest.mark.parametrize("command", ["pull", "push"])
def test_a_fault_of_a_moment_makes_no_worker_unfit(commands, clock, command):
    commands.failures[command] = 2
    assert step.run(JOB) == {"entry": ENTRY}
    assert clock == [step.PAUSE, step.PAUSE]


@pytest.mark.parametrize(("command", "said"), [("pull", "found no data/a.txt"), ("push", "`dvc push` failed")])
def test_a_lasting_one_does_after_the_time_that_the_head_allows(commands, clock, command, said):
    commands.failures[command] = 1000
    assert said in step.run(JOB)["unfit"]
    assert JOB["patience"] - step.PAUSE < sum(clock) <= JOB["patience"]


def test_without_patience_the_first_failure_counts(commands, clock):
    commands.failures["pull"] = 1
    assert "unfit" in step.run(JOB | {"patience": 0.0}) and not clock


def test_a_stage_that_fails_is_not_repeated(commands):
    commands.failures["repro"] = 1000
    assert step.run(JOB) == {}
    assert [arguments[0] for arguments in commands.called] == ["pull", "repro"]
