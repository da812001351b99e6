"""The revision that a run records: dirty where its code is not what was committed, and only there."""

import subprocess

import pytest

from stages.runs import machine


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in machine.CODE:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "code.py").write_text("x = 1\n")
    (tmp_path / "dvc.lock").write_text("stages: {}\n")
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "--quiet"), ("add", "."), (*author, "commit", "--quiet", "--message", "First")):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_parameters_and_the_pipelines_records_do_not_make_it_dirty(repository):
    (repository / "dvc.lock").write_text("stages: {train: {}}\n")
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert machine.revision() == head[:12]


@pytest.mark.parametrize("name", ["code.py", "new.py"])
@pytest.mark.parametrize("folder", machine.CODE)
def test_changed_and_added_code_does(repository, folder, name):
    (repository / folder / name).write_text("x = 2\n")
    assert machine.revision().endswith("-dirty")


def test_an_archive_names_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    machine.REVISION_FILE.write_text("0123456789ab\n")
    assert machine.revision() == "0123456789ab"


def test_without_git_it_is_not_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert machine.revision() is None
