"""What make deletes, and what it does not."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(tmp_path):
    """A clone below a repository with the Makefile alone, as `make demo` leaves it. Made anew it has no DVC."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "Makefile")
    git(tmp_path, "commit", "-qm", "Makefile")
    git(tmp_path, "clone", "-q", ".", "demo")
    return tmp_path / "demo"


def make_clone(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["make", "clone", "DIR=demo", *arguments], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("ref", ["ab/cd/fried-tilt", "celery/stash"])
def test_a_clone_with_experiments_is_not_deleted(clone, ref):
    git(clone, "update-ref", f"refs/exps/{ref}", "HEAD")
    made = make_clone(clone.parent)
    assert made.returncode != 0 and "found experiments in demo" in made.stdout and "FORCE=1" in made.stdout
    assert ref in git(clone, "for-each-ref")


@pytest.mark.parametrize(
    ("ref", "arguments"),
    [("ab/cd/fried-tilt", ["FORCE=1"]), ("exec/EXEC_HEAD", []), ("apply/ORIG_HEAD", []), ("stash", [])],
)
def test_a_clone_without_experiments_and_one_that_shall_go_are_made_anew(clone, ref, arguments):
    git(clone, "update-ref", f"refs/exps/{ref}", "HEAD")
    (clone / "old.txt").touch()
    made = make_clone(clone.parent, *arguments)
    assert "found experiments" not in made.stdout
    assert (clone / "Makefile").exists() and not (clone / "old.txt").exists()
