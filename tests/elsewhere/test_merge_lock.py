"""Branches that each ran other stages, merged by git with the driver of `make install`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.elsewhere import merge_lock
from stages.elsewhere.merge_lock import merged
from stages.parallel.lockfile import read, write

ROOT = Path(__file__).parents[2]


def entry(value: str) -> dict:
    return {"cmd": "python", "outs": [{"path": "a", "md5": value}]}


BASE = {name: entry("0") for name in ("configure", "train@a", "train@b", "train@old", "report")}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected", "both"),
    [
        ({"train@a": "1"}, {"train@b": "2"}, {"train@a": "1", "train@b": "2"}, []),
        ({"train@a": "1"}, {"train@a": "1"}, {"train@a": "1"}, []),
        ({"train@a": "1"}, {"train@a": "2"}, {"train@a": "1"}, ["train@a"]),
        ({"train@c": "1"}, {"train@d": "2"}, {"train@c": "1", "train@d": "2"}, []),
        ({"train@old": None}, {"train@b": "2"}, {"train@old": None, "train@b": "2"}, []),
        ({"train@old": None}, {"train@old": "2"}, {"train@old": None}, ["train@old"]),
        ({"train@old": "2"}, {"train@old": None}, {"train@old": "2"}, ["train@old"]),
        ({"report": "1"}, {"report": "2"}, {"report": None}, []),
        ({"report": "1"}, {}, {"report": "1"}, []),
    ],
)
def test_each_stage_is_that_of_the_branch_that_changed_it(ours, theirs, expected, both):
    def changed(changes: dict) -> dict:
        values = BASE | {name: value and entry(value) for name, value in changes.items()}
        return {name: value for name, value in values.items() if value}

    assert merged(BASE, changed(ours), changed(theirs)) == (changed(expected), both)


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("stage", "status"), [("train@b", 0), ("train@a", 1)])
def test_git_merges_dvc_lock_with_the_driver_that_make_installs(tmp_path, stage, status):
    driver = re.search(r"merge\.dvclock\.driver '(.+)'", (ROOT / "Makefile").read_text())[1]
    driver = driver.replace(".venv/bin/python", f"PYTHONPATH={ROOT} {sys.executable}")
    (tmp_path / ".gitattributes").write_text((ROOT / ".gitattributes").read_text())
    lock = tmp_path / "dvc.lock"

    def commit(changes: dict) -> None:
        write(BASE | changes, lock)
        git(tmp_path, "add", ".")
        assert git(tmp_path, "commit", "-m", "a").returncode == 0

    git(tmp_path, "init", "-b", "main")
    git(tmp_path, "config", "merge.dvclock.driver", driver)
    commit({})
    git(tmp_path, "checkout", "-b", "other")
    commit({stage: entry("2"), "report": entry("2")})
    git(tmp_path, "checkout", "main")
    commit({"train@a": entry("1"), "report": entry("1")})
    done = git(tmp_path, "merge", "other")
    assert done.returncode == status, done.stdout + done.stderr
    entries = read(lock)
    assert entries["train@a"] == entry("1") and "report" not in entries
    assert entries["train@b"] == entry("2" if stage == "train@b" else "0")
    assert ("both branches changed train@a" in done.stderr) == bool(status)


@pytest.mark.parametrize(
    ("text", "message"), [("<<<<<<< ours\n", "ours: found str"), ("a: b: c\n", "unable to read: .*ours")]
)
def test_a_version_that_cannot_be_read_is_one_line_and_stays(tmp_path, monkeypatch, text, message):
    files = [tmp_path / name for name in ("base", "ours", "theirs")]
    for file in files:
        file.write_text(text if file.name == "ours" else "stages: {}\n")
    monkeypatch.setattr(sys, "argv", ["merge_lock", *map(str, files)])
    with pytest.raises(SystemExit, match=rf"^dvc\.lock: .*{message}"):
        merge_lock.main()
    assert files[1].read_text() == text
