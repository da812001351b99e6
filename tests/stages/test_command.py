"""What every command does with its arguments, its errors and an interruption."""

import importlib
import logging
import pkgutil
import sys

import pytest

import stages
from stages.command import STOPPED, command
from vhp.resumable import UnfinishedError

COMMANDS = [
    module.name
    for module in pkgutil.walk_packages(stages.__path__, "stages.")
    if not module.name.startswith("stages.parallel") and hasattr(importlib.import_module(module.name), "main")
]


class ExpectedError(RuntimeError):
    pass


@pytest.mark.parametrize("error", [ValueError("no such"), OSError("no such"), ExpectedError("no such")])
def test_an_error_made_for_the_user_is_one_line(error):
    with pytest.raises(SystemExit) as ended, command("train", ExpectedError):
        raise error
    assert ended.value.code == "train: no such"  # a text: Python prints it and exits with 1


def test_a_missing_file_and_a_failed_write_are_named(tmp_path):
    with pytest.raises(SystemExit, match=r"train: .*No such file.*nowhere"), command("train"):
        (tmp_path / "nowhere").read_text()


@pytest.mark.parametrize("error", [ExpectedError("a bug"), KeyError("a bug"), SystemExit(3)])
def test_a_bug_is_not_hidden(error):
    with pytest.raises(type(error)) as raised, command("train"):
        raise error
    assert raised.value is error


def test_ctrl_c_says_what_to_do():
    with pytest.raises(SystemExit, match="train: interrupted; repeat the command to resume"), command("train"):
        raise KeyboardInterrupt


def test_what_was_stopped_has_a_status_of_its_own(caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises(SystemExit) as ended, command("train"):
        raise UnfinishedError("stopped after epoch 2 of 6")
    assert ended.value.code == STOPPED == 75
    assert caplog.messages == ["train: stopped after epoch 2 of 6; repeat the command to resume"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_asked_for_help_says_what_it_is_and_does_nothing(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["command", "--help"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(name).main()
    assert ended.value.code == 0 and "usage: command" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_commands_are_found():
    assert {"stages.train", "stages.configure", "stages.report", "stages.inspect.inventory"} <= set(COMMANDS)
