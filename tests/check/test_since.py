"""With which revision results are compared, and what is shown of outputs and of the check itself since then."""

import shutil

import pytest
import small_results
from committed import ROOT, git
from small_results import NOW, THEN

from stages.check.regression import RegressionError
from stages.check.since import UNCHANGED, differences_since, earlier_revision, other_checks, remade
from stages.runs.fingerprint import Program, running

LOCKFILE = "stages.parallel.lockfile"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """With one commit; the working directory."""
    (tmp_path / "first").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    git("init", "-q", "-b", "main")
    commit("one")
    return tmp_path


def commit(message: str) -> str:
    git("commit", "-q", "--allow-empty", "-m", message)
    return git("rev-parse", "HEAD").stdout.strip()


def test_of_a_single_commit_there_is_nothing_earlier_and_then_it_is_the_last(repository):
    assert earlier_revision(None) is None
    commit("two")
    assert earlier_revision(None) == "HEAD^"


def test_a_branch_is_compared_with_where_it_left_its_upstream(repository, monkeypatch):
    left = commit("two")
    git("clone", "-q", ".", "../second")
    monkeypatch.chdir(repository / "second")
    assert earlier_revision(None) == "HEAD^"  # nothing is on top of the upstream branch
    git("checkout", "-q", "-b", "branch")
    commit("three")
    commit("four")
    assert left.startswith(earlier_revision(None))


def test_what_is_asked_for_is_taken_or_an_error(repository):
    assert earlier_revision("main") == "main"
    with pytest.raises(RegressionError, match="found 'mian', expected a git revision that this clone has"):
        earlier_revision("mian")


def stage(model: str, times: str = "1", epochs: int = 2, data: str = "d") -> dict:
    outs = [{"path": "runs/x/model.safetensors", "md5": model}, {"path": "runs/x/training_time.json", "md5": times}]
    params = {"runs/configs/x.json": {"training": {"epochs": epochs}}}
    return {"outs": outs, "deps": [{"path": "data/x.npz", "md5": data}], "params": params}


def test_other_outputs_are_told_by_whether_anything_explains_them():
    old = {f"train@{name}": stage("a") for name in "abcdef"}
    new = {
        "train@a": stage("a", times="2"),  # not counted
        "train@b": stage("b", epochs=3),
        "train@c": stage("b"),
        "train@d": stage("c"),
        "train@e": stage("b", data="e"),
        "train@g": stage("a"),  # was not there
    }
    assert remade(old, new) == [
        f"train@c and 1 more: model.safetensors, {UNCHANGED}",
        "train@b and 1 more: model.safetensors, made anew",
    ]


def test_a_file_that_was_moved_is_no_other_file():
    moved = stage("a")
    moved["outs"][0]["path"] = "elsewhere/model.safetensors"
    assert remade({"train@a": stage("a")}, {"train@a": moved}) == []


def test_files_of_the_same_name_in_two_folders_are_told_apart():
    """As of `configure`: data/configs and runs/configs."""

    def configure(data: str, runs: str) -> dict:
        outs = [{"path": "data/configs", "md5": data}, {"path": "runs/configs", "md5": runs}]
        return {"configure": {"outs": outs}}

    assert remade(configure("a", "b"), configure("c", "b")) == [f"configure: data/configs, {UNCHANGED}"]
    assert remade(configure("a", "b"), configure("b", "a")) == [f"configure: data/configs, runs/configs, {UNCHANGED}"]


def test_a_verdict_that_changed_in_results_or_baseline_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_results.lay()
    verdict = "not reproduced,partly", "reproduced,reproduced"
    (THEN / "claims.csv").unlink()
    git("add", "-A")
    before = commit("without the baseline's")
    (THEN / "claims.csv").write_text(small_results.CLAIMS)
    git("add", "-A")
    revision = commit("all")
    for folder in (NOW, THEN):
        assert "verdict on" not in differences_since(revision, folder, "Differences")
        (folder / "claims.csv").write_text(
            small_results.CLAIMS.replace(",reproduced,partly", ",reproduced,reproduced").replace(*verdict)
        )
        text = differences_since(revision, folder, "Differences")
        assert f"- verdict on claim beta: reproduced, {revision} has partly\n" in text
        assert f"- verdict on case beta log_beta omniglot vhp_geco: reproduced, {revision} has not reproduced\n" in text
    assert "every verdict is new" in differences_since(before, THEN, "Differences")


def test_a_check_that_was_changed_is_named(repository):
    for name in ("stages", "vhp"):
        shutil.copytree(ROOT / name, name, ignore=shutil.ignore_patterns("__pycache__"))
    git("add", "-A")
    revision = commit("code")

    def changed(path):
        text = running(path)
        if path.stem == "regression":
            return text.replace("STANDARD_ERRORS = 3.0", "STANDARD_ERRORS = 30.0")
        return f"{text}\nOTHER = 1\n" if path.stem == "lockfile" else text  # of which the check asks for broken chains

    assert list(other_checks(revision, Program())) == []
    expected = [f"{name}: the check itself is another one" for name in ("stages.check.regression", LOCKFILE)]
    assert list(other_checks(revision, Program(changed))) == expected
