"""What make does with VHP_DATA before any command runs; a recorder stands for the installed python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"
RECORDER = '#!/bin/sh\necho "$3 VHP_DATA=$VHP_DATA" >> "{calls}"\n'

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture
def project(tmp_path):
    """A folder with the Makefile, in which all is installed."""
    shutil.copy(MAKEFILE, tmp_path)
    (tmp_path / "requirements.lock").touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(RECORDER.format(calls=tmp_path / "calls.txt"))
    python.chmod(0o755)
    (tmp_path / ".venv" / "installed").touch()
    return tmp_path


def make(project: Path, target: str, data: str) -> subprocess.CompletedProcess[str]:
    # What a make that runs these tests tells the makes below it.
    others = ("VHP_DATA", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in others}
    command = ["make", target, f"VHP_DATA={data}", "PARAM=kappa.digits", "VALUES=0.5"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def calls(project: Path) -> list[str]:
    path = project / "calls.txt"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("target", ["smoke", "motion", "ablation", "study", "bench", "speedup"])
def test_a_folder_of_data_that_does_not_exist_is_refused_in_a_line(project, target):
    done = make(project, target, "no where")
    expected = "expected one that has the data sets' files; name another, or unset it to download them"
    line, end = done.stderr.splitlines()
    assert line == f"VHP_DATA: found no folder no where, {expected}" and end.startswith("make: ***")
    assert done.returncode and calls(project) == []


@pytest.mark.parametrize("target", ["demo", "pendulum"])
def test_what_needs_no_data_does_not_look_for_them(project, target):
    assert "VHP_DATA: " not in make(project, target, "no where").stderr
    assert f"{target} VHP_DATA=no where" in calls(project)


def test_a_folder_may_be_relative_to_that_of_the_call(project):
    (project / "a folder").mkdir()
    make(project, "smoke", "a folder")
    assert f"smoke VHP_DATA={project / 'a folder'}" in calls(project)
