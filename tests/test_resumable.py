"""When resumable work is saved and stopped, and how its time is counted; what is saved is replaced by numbers."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
import torch

from vhp import resumable
from vhp.resumable import Checkpoint, Resumable, UnfinishedError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that advances by a second each time it is read."""
    ticks = count()
    monkeypatch.setattr(resumable.time, "monotonic", lambda: float(next(ticks)))


def work(resumable: Resumable, n_steps: int = 5) -> list[int]:
    """Counts; its state is what it has counted."""
    sitting = resumable.begin(CPU)
    counted = sitting.state["counted"] if sitting.state else []
    for step in resumable.progress(range(len(counted), n_steps)):
        counted.append(step)
        sitting.done(f"step {step}", step == n_steps - 1, lambda: {"counted": counted})
    return counted


def test_by_default_nothing_is_saved_and_nothing_stops():
    assert work(Resumable()) == [0, 1, 2, 3, 4]


def test_work_stopped_after_each_step_is_resumed_until_it_is_done(tmp_path):
    stopped = Resumable(Checkpoint(tmp_path / "work"), 1e6, stop=lambda: True)
    for step in range(4):
        with pytest.raises(UnfinishedError, match=f"^stopped after step {step}$"):
            work(stopped)
    assert work(stopped) == [0, 1, 2, 3, 4]  # it is not asked after the last


def test_work_without_a_checkpoint_stops_too_and_begins_anew():
    with pytest.raises(UnfinishedError, match="step 0"):
        work(Resumable(stop=lambda: True))
    assert work(Resumable()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("seconds", "saved"), [(-1, [1, 2, 3, 4]), (1e6, [])])
def test_the_state_is_saved_after_each_step_but_the_last_if_it_is_time(tmp_path, monkeypatch, seconds, saved):
    checkpoint, lengths = Checkpoint(tmp_path / "work"), []
    monkeypatch.setattr(checkpoint, "save", lambda state: lengths.append(len(state["counted"])))
    work(Resumable(checkpoint, seconds))
    assert lengths == saved


def test_the_time_of_all_sittings_is_counted_and_not_that_between_them(tmp_path):
    checkpoint = Checkpoint(tmp_path / "work")
    first = Resumable(checkpoint).begin(CPU)
    first.save({"counted": [0]})
    before = checkpoint.load(CPU)["seconds"]
    assert before > 0
    for _ in range(100):
        resumable.time.monotonic()
    assert before < Resumable(checkpoint).begin(CPU).seconds < before + 10


def test_a_discarded_checkpoint_leaves_nothing(tmp_path):
    checkpoint = Checkpoint(tmp_path / "work")
    checkpoint.save({"counted": [0]})
    checkpoint.discard()
    assert checkpoint.load(CPU) is None and list(tmp_path.iterdir()) == []


def test_it_can_be_imported_without_pytorch():
    code = "import sys; from vhp.resumable import UnfinishedError; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
