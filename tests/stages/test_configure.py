"""What `configure` says of a params.yaml that it refuses, and of the way back to the committed one."""

import subprocess
from pathlib import Path

import pytest
from artifacts import call
from dvc.utils.hydra import apply_overrides

from stages import configure

PARAMS = Path(__file__).parents[2] / "params.yaml"
REFUSED = "configure: params.yaml: settings.vhp_rewo (digits): kappa: found -1.0, expected a positive number"
BACK = "\n`git diff params.yaml` shows what was changed in it, `git checkout params.yaml` discards all of that"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with the committed params.yaml; the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS.read_text())
    Path("dvc.lock").touch()
    git("init", "--quiet")
    git("add", "--all")
    commit()
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], check=True)


def commit() -> None:
    git("commit", "--all", "--quiet", "--message", "All")


def refused() -> str:
    with pytest.raises(SystemExit) as ended:
        call(configure)
    return ended.value.code


def refuse_kappa() -> None:
    """As `dvc exp run -S` leaves the file."""
    apply_overrides("params.yaml", ["kappa.digits=-1"])


def test_a_value_that_an_experiment_left_behind_is_refused_with_the_way_back(project):
    refuse_kappa()
    assert refused() == REFUSED + BACK
    git("checkout", "--quiet", "params.yaml", "dvc.lock")
    assert Path("params.yaml").read_text() == PARAMS.read_text()


def test_a_committed_mistake_has_no_way_back(project):
    refuse_kappa()
    commit()
    assert refused() == REFUSED


def test_a_mistake_is_named_without_a_repository_and_without_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS.read_text())
    refuse_kappa()
    assert refused() == REFUSED
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused() == REFUSED


def test_a_folder_in_the_files_place_is_named_once(project):
    Path("params.yaml").unlink()
    Path("params.yaml").mkdir()
    expected = "configure: params.yaml: found a folder, expected a file; move it, and `git checkout params.yaml`"
    assert refused() == expected + BACK


def test_what_is_no_yaml_is_named_once(project):
    Path("params.yaml").write_text("budget: laptop\nbudget: smoke\n")
    [line, way_back] = refused().splitlines()
    assert line.startswith("configure: params.yaml: line 2, column 1: not YAML: ") and way_back == BACK.strip()
