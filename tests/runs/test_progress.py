"""What a running stage reports, and how it is shown."""

import io

import pytest
from rich.console import Console

from stages.parallel.display import Display
from stages.runs import progress
from stages.runs.progress import Beat, reported


def test_steps_pass_unchanged_and_the_file_says_how_many_are_done(tmp_path, monkeypatch):
    file = tmp_path / "progress.json"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    seen = []
    for step in reported("abc", "epoch", total=8, done=5):
        seen.append((step, progress.read(file)))
    assert seen == [("a", None), ("b", Beat("epoch", 6, 8)), ("c", Beat("epoch", 7, 8))]
    assert progress.read(file) == Beat("epoch", 8, 8)


def test_steps_that_take_no_time_are_not_all_written_but_the_last_is(tmp_path, monkeypatch):
    file, written = tmp_path / "progress.json", []
    monkeypatch.setenv(progress.VARIABLE, str(file))
    monkeypatch.setattr(progress, "INTERVAL", 1000.0)
    monkeypatch.setattr(progress, "write_json", lambda path, value: written.append(value["done"]))
    assert list(reported(range(50), "batch", total=50)) == list(range(50))
    assert written == [1, 50]


def test_without_a_listener_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert list(reported([1, 2], "epoch", total=2)) == [1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_does_not_end_the_stage(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "file" / "progress.json"))
    assert list(reported([1, 2], "epoch", total=2)) == [1, 2]


@pytest.fixture
def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=120, soft_wrap=True, highlight=False)


def test_a_terminal_shows_what_runs_how_far_it_is_and_what_is_finished(terminal):
    with Display(2, terminal) as display:
        display.start("train@a", "on tcp://1.2.3.4")
        display.step("train@a", Beat("epoch", 7, 60))
        display.step("train@b", Beat("epoch", 1, 60))  # of which no start was heard
        display.bars.refresh()
        display.finish("evaluate@a", "cached")
        display.finish("train@a", "run")
        assert display.started == {} and display.rows == {}
    shown = terminal.file.getvalue()
    assert "train@a on tcp://1.2.3.4" in shown and "epoch 7 of 60" in shown and "train@b" not in shown
    assert "[1/2] evaluate@a" in shown and "[2/2] train@a" in shown


def test_elsewhere_only_finished_stages_are_shown(capsys):
    with Display(1) as display:
        display.start("train@[a]")
        display.step("train@[a]", Beat("epoch", 7, 60))
        display.finish("train@[a]", "run")
    assert capsys.readouterr().out.split()[:3] == ["[1/1]", "train@[a]", "run"]
