"""Runs killed with SIGKILL at random moments end with the bytes of an undisturbed run."""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from configured import write_config

from stages import train
from stages.files import write_npz
from stages.runs import sitting
from stages.runs.places import run_folder
from vhp.resumable import Checkpoint

METHODS = ("vhp_rewo", "vampprior")  # of all methods test_training.py says the same, without processes
KILLS_PER_METHOD = 4
MOST_STARTS = 40  # where kills came before the first checkpoint, or after the end
SECONDS = 300.0  # after which a process that is waited for hangs
OUTPUTS = ("model.safetensors", "history.csv", "training.json")


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """Makes configuration and data of a method's run, and a command that trains it; gives the run's folder."""

    def prepare(method: str) -> Path:
        name = f"digits-{method}-3"
        monkeypatch.setattr(sys, "argv", ["train", name])
        settings = {k: list(v) if isinstance(v, tuple) else v for k, v in tiny.SETTINGS[method].items()}
        config = {
            "run": {"dataset": "digits", "method": method, "seed": 3, "budget": "smoke"},
            "model": {"d_z": 2, "hidden": [8]},
            "method": settings,
            "training": vars(tiny.training(epochs=15, learning_rate=0.01)) | {"threads": 1},
        }
        write_config(config)
        return run_folder(name)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(sitting, "CHECKPOINT_SECONDS", -1.0)  # after every epoch, so that saving is killed, too
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (64, 64), dtype=np.uint8)
    binary = rng.integers(0, 2, (48, 64), dtype=np.uint8) * np.uint8(255)
    write_npz(Path("data", "processed", "digits.npz"), {"train": grey, "val": binary[:16], "test": binary[16:]})
    return prepare


def start() -> int:
    """The train stage in a process of its own; forked, because to import PyTorch takes longer than to train."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # A program that a shell started in the background ignores SIGINT, and so would its children.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            train.main()
            code = 0
        except SystemExit as end:
            Path("last words").write_text(str(end.code))
        finally:
            os._exit(code)
    return child


def exit_code(child: int) -> int:
    """Of the process once it has ended. One that hangs is killed."""
    deadline = time.monotonic() + SECONDS
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            kill(child)
            pytest.fail(f"found process {child} still running, expected its end within {SECONDS:.0f} s")
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(ended[1])


def finish(child: int) -> None:
    assert exit_code(child) == 0


def kill(child: int) -> bool:
    """Whether the process was still running."""
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def outputs(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in OUTPUTS]


@pytest.mark.parametrize("method", METHODS)
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(prepare, method):
    folder, moments = prepare(method), random.Random(method)
    train.main()
    expected = outputs(folder)
    shutil.rmtree(folder)
    started = time.monotonic()
    finish(start())
    seconds = time.monotonic() - started
    assert outputs(folder) == expected
    shutil.rmtree(folder)
    kills = resumed = 0
    for _ in range(MOST_STARTS):
        if kills >= KILLS_PER_METHOD and resumed > 0:
            break
        child = start()
        time.sleep(moments.uniform(0, seconds))
        if kill(child):
            kills += 1
            resumed += any(Path("runs", "checkpoints").glob("*/state.pt"))
        else:  # it was quicker than the kill: once more
            assert outputs(folder) == expected
            shutil.rmtree(folder)
    finish(start())
    assert outputs(folder) == expected
    assert kills >= KILLS_PER_METHOD and resumed > 0
    assert not any(Path("runs", "checkpoints").glob("*"))


def save_and_wait(checkpoint: Checkpoint, state: dict[str, Any], save=Checkpoint.save) -> None:
    """As Checkpoint.save; then the training, which is over in a second, waits for a signal."""
    save(checkpoint, state)
    signal.pause()


def test_ctrl_c_ends_with_one_line_and_the_same_command_goes_on(prepare, monkeypatch):
    folder = prepare("vhp_rewo")
    train.main()
    expected = outputs(folder)
    shutil.rmtree(folder)
    with monkeypatch.context() as waiting:
        waiting.setattr(Checkpoint, "save", save_and_wait)
        child = start()
    deadline = time.monotonic() + SECONDS
    while not (saved := any(Path("runs", "checkpoints").glob("*/state.pt"))) and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(child, signal.SIGINT)
    assert exit_code(child) == 1 and saved
    assert Path("last words").read_text() == "train: interrupted; repeat the command to resume"
    assert not folder.exists()
    finish(start())
    assert outputs(folder) == expected
