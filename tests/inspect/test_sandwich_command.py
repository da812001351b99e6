"""The table of bounds as a command: interrupted and repeated, it goes on, and says the same."""

import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from untrained import make_run

from stages.inspect import sandwich as command
from stages.runs.places import run_folder
from vhp.likelihood.annealed import sandwich

ARGUMENTS = ("--images", "8", "--samples", "30", "--temperatures", "3", "--chains", "2")


def bounds(monkeypatch, capsys, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["sandwich", *arguments])
    command.main()
    return capsys.readouterr().out


def kept() -> list[Path]:
    return sorted(Path("runs", "checkpoints").glob("sandwich-*"))


@pytest.fixture
def few_at_once(monkeypatch):
    """Two images in a batch, and a checkpoint after each."""
    monkeypatch.setattr(sandwich, "IMAGES", 2)
    monkeypatch.setattr(command, "CHECKPOINT_SECONDS", 0.0)


def test_what_was_interrupted_goes_on_and_ends_as_without(workplace, few_at_once, monkeypatch, capsys):
    run = make_run("vhp_rewo", d_z=3)
    whole = bounds(monkeypatch, capsys, run, *ARGUMENTS)
    assert "simulated" in whole and not kept()
    begun, estimates = [], []

    class Interrupted(sandwich.Chains):
        def __init__(self, *arguments):
            if len(begun) == 6:  # four batches of test images, and two of the simulated ones, are done
                raise KeyboardInterrupt
            begun.append(arguments)
            super().__init__(*arguments)

    both_estimates = sandwich.both_estimates
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="sandwich: interrupted"):
        patch.setattr(sandwich, "Chains", Interrupted)
        bounds(patch, capsys, run, *ARGUMENTS)
    assert len(kept()) == 2
    again = []

    class Counted(sandwich.Chains):
        def __init__(self, *arguments):
            again.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(sandwich, "Chains", Counted)
    monkeypatch.setattr(sandwich, "both_estimates", lambda *a: estimates.append(a) or both_estimates(*a))
    assert bounds(monkeypatch, capsys, run, *ARGUMENTS) == whole
    assert not estimates and len(again) == 2  # what is left of eight batches
    assert not kept()


@pytest.mark.parametrize("change", ["model", "code", "refined", "--samples", "--images"])
def test_what_was_begun_with_other_inputs_is_not_resumed(workplace, few_at_once, monkeypatch, capsys, change):
    run = make_run("vhp_rewo", d_z=3)
    opened = command.open_run(run)
    settings = (command.LikelihoodSettings(30), command.AnnealingSettings(3, 2))
    before = command.checkpoint(opened, "test", 8, settings).file
    if change == "model":
        file = run_folder(run) / "model.safetensors"
        file.write_bytes(file.read_bytes()[:-1] + b"\1")
    elif change == "code":  # of a prior, which is loaded by its name
        stage = command.this_program().of_stage
        other = lambda name, *cell: stage(name, *cell)[::-1]  # noqa: E731
        monkeypatch.setattr(type(command.this_program()), "of_stage", lambda self, *cell: other(*cell))
    elif change == "refined":
        opened.config["evaluation"]["refined"] = asdict(command.REFINEMENT) | {"modes": 9}
    elif change == "--samples":
        settings = (command.LikelihoodSettings(31), *settings[1:])
    n_images = 9 if change == "--images" else 8
    assert command.checkpoint(opened, "test", n_images, settings).file != before
