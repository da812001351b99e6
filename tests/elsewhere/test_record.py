"""Records and outputs from another machine that are not what they should be: refused, the file is named."""

import os
import sys

import pytest

from stages.elsewhere import bring_back, pack, record
from stages.files import write_json, write_text
from stages.runs.places import config_file

RUN = "digits-vhp_rewo-0"
WHOLE = {"config": {"run": {}, "code": {}}, "files": {"data/processed/digits.npz": "0" * 32}, "outputs": {}}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_json(record.path_of(tmp_path / "runs", RUN, "train"), WHOLE)
    return tmp_path / "runs"


def refusal(monkeypatch, root) -> str:
    """The line with which the command ends."""
    monkeypatch.setattr(sys, "argv", ["bring_back", str(root)])
    with pytest.raises(SystemExit) as ended:
        bring_back.main()
    assert isinstance(ended.value.code, str) and ended.value.code.startswith("bring_back: ")
    return ended.value.code


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"outputs": {}}, "config, files"),
        ({}, "config, files"),
        ([], "config, files"),
        (None, "config, files"),
        (7, "config, files"),
        ("outputs", "config, files"),
        (WHOLE | {"config": []}, "config"),
        (WHOLE | {"config": {"run": 3}}, "config"),
        (WHOLE | {"files": None}, "files"),
        (WHOLE | {"files": {"a": 1}}, "files"),
        (WHOLE | {"files": ["a"]}, "files"),
        (WHOLE | {"outputs": ["model.safetensors"]}, "outputs"),
        (WHOLE | {"outputs": None}, "outputs"),
        (WHOLE | {"outputs": {"model.safetensors": {}}}, "outputs"),
    ],
)
def test_what_is_no_record_is_named(root, monkeypatch, content, where):
    path = record.path_of(root, RUN, "train")
    write_json(path, content)
    assert f"{path}: found no record at {where}, expected config, files" in refusal(monkeypatch, root)


@pytest.mark.parametrize("content", ["", "{", "\0" * 20, "<html>", '{"config": NaN}', "[" * 100_000])
def test_a_record_that_cannot_be_read_is_named(root, monkeypatch, content):
    path = record.path_of(root, RUN, "train")
    write_text(path, content)
    assert f"{path} cannot be read" in refusal(monkeypatch, root)


def test_a_stage_without_a_record_differs(root):
    (difference,) = bring_back.differences([], root, RUN, "evaluate")
    assert difference == f"found no record of it, expected {record.path_of(root, RUN, 'evaluate')}"


def test_a_record_or_an_output_that_is_a_link_is_not_followed(root, tmp_path, monkeypatch):
    secret, path = tmp_path / "secret", record.path_of(root, RUN, "train")
    path.rename(secret)
    path.symlink_to(secret)
    assert f"{path}: found a link, expected a file" in refusal(monkeypatch, root)
    path.unlink()
    secret.rename(path)
    model = path.parent / "model.safetensors"
    for target in (path, tmp_path / "nowhere"):
        model.symlink_to(target)
        with pytest.raises(ValueError, match=r"model\.safetensors: found a link, expected a file"):
            record.outputs(root, RUN, "train")
        model.unlink()
    os.mkfifo(model)
    with pytest.raises(ValueError, match="found no regular file"):
        record.outputs(root, RUN, "train")


def test_a_folder_of_the_run_that_is_a_link_is_not_followed(root, tmp_path, monkeypatch):
    folder = record.folder_of(root, RUN)
    folder.rename(tmp_path / "other")
    folder.symlink_to(tmp_path / "other")
    assert f"{folder}: found a link, expected a folder" in refusal(monkeypatch, root)


def test_the_folder_that_is_brought_may_be_a_link_itself(root, tmp_path):
    (tmp_path / "mounted").symlink_to(root)
    assert record.read(tmp_path / "mounted", RUN, "train") == WHOLE


@pytest.mark.parametrize("damaged", [record.inputs, lambda run, stage: pack.datasets_of([run])])
def test_a_damaged_configuration_is_named(tmp_path, monkeypatch, damaged):
    monkeypatch.chdir(tmp_path)
    write_json(config_file(RUN), {"model": {}})
    with pytest.raises(ValueError, match=rf"runs/configs/{RUN}\.json cannot be read \(found no run"):
        damaged(RUN, "train")
