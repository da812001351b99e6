"""With which revision .ci/run compares; recorders stand for make and the installed python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"
MISSING = "0123456789" * 4


@pytest.fixture
def project(tmp_path):
    """A repository with one commit, in which all is installed."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci")
    for name, content in (("python", f'echo "$@" >> "{tmp_path}/calls.txt"'), ("make", "true")):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{content}\n")
        program.chmod(0o755)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(project: Path, *arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(project: Path) -> str:
    git(project, "commit", "-q", "--allow-empty", "-m", "More")
    return git(project, "rev-parse", "HEAD")


def compared(project: Path, since: str) -> tuple[str, str]:
    """The arguments of the check, and what the script says of SINCE."""
    path = os.pathsep.join([str(project / ".venv" / "bin"), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    environment |= {"PATH": path, "SINCE": since, "VHP_DATA": ""}
    done = subprocess.run(["bash", ".ci/run"], cwd=project, env=environment, check=True, capture_output=True, text=True)
    first = (project / "calls.txt").read_text().splitlines()[0]
    assert done.stderr == ""
    return first, "\n".join(line for line in done.stdout.splitlines() if "SINCE" in line)


def test_a_revision_that_the_clone_has_is_taken(project):
    first = git(project, "rev-parse", "HEAD")
    commit(project)
    assert compared(project, first) == (f"-m stages.check --since {first}", "")


def test_after_a_forced_push_it_is_the_last_commits_parent(project):
    first = git(project, "rev-parse", "HEAD")
    commit(project)
    said = f"SINCE: found no commit {MISSING} in this clone; comparing with HEAD^1, if there is one"
    assert compared(project, MISSING) == (f"-m stages.check --since {first}", said)


@pytest.mark.parametrize("since", [MISSING, "HEAD^1"])
def test_where_there_is_no_parent_the_check_decides(project, since):
    arguments, said = compared(project, since)
    assert arguments == "-m stages.check" and said.startswith(f"SINCE: found no commit {since} in this clone;")


def test_without_a_revision_the_check_decides(project):
    assert compared(project, "") == ("-m stages.check", "")
