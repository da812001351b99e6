"""A checkpoint is what was saved, or nothing: whatever happens to its file."""

import errno
import logging
import os

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vhp.resumable import Checkpoint

CPU = torch.device("cpu")
STATE = {"weights": torch.arange(100.0), "epoch": 3, "history": [{"nll": 1.5}]}


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """Of the file of a checkpoint."""
    checkpoint = Checkpoint(tmp_path_factory.mktemp("checkpoint"))
    checkpoint.save(STATE)
    return checkpoint.file.read_bytes()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return Checkpoint(tmp_path_factory.mktemp("damaged"))


def refused(checkpoint, content) -> None:
    checkpoint.file.write_bytes(content)
    assert checkpoint.load(CPU) is None
    assert not checkpoint.file.exists() and checkpoint.file.with_suffix(".damaged").read_bytes() == content


def test_what_was_saved_is_loaded(checkpoint, content):
    checkpoint.file.write_bytes(content)
    loaded = checkpoint.load(CPU)
    torch.testing.assert_close(loaded.pop("weights"), STATE["weights"])
    assert loaded == {"epoch": 3, "history": [{"nll": 1.5}]}


@given(st.data())
def test_a_flipped_bit_anywhere_is_noticed(checkpoint, content, data):
    damaged = bytearray(content)
    damaged[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    refused(checkpoint, bytes(damaged))


@given(st.data())
def test_a_file_cut_off_anywhere_is_noticed(checkpoint, content, data):
    refused(checkpoint, content[: data.draw(st.integers(0, len(content) - 1))])


def test_what_is_no_checkpoint_is_set_aside_and_said(checkpoint, content, caplog):
    for other in (b"", b"\0" * len(content), content + b"x", content[32:], b"<html>"):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            refused(checkpoint, other)
        assert f"{checkpoint.file}: found a checksum that is not the content's" in caplog.text
        assert "beginning anew" in caplog.text


def test_a_save_that_fails_leaves_the_last_checkpoint_and_names_the_file(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "run")
    checkpoint.save({"epoch": 1})

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"the checkpoint cannot be saved: No space left on device: '.*state\.pt'"):
            checkpoint.save({"epoch": 2})
    assert checkpoint.load(CPU) == {"epoch": 1} and len(list((tmp_path / "run").iterdir())) == 1
    checkpoint.file.with_suffix(".damaged").touch()
    checkpoint.discard()  # with what was set aside
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"the checkpoint cannot be saved: Not a directory: '.*file/run/state\.pt'"):
        Checkpoint(tmp_path / "file" / "run").save({"epoch": 1})
