"""Experiments and differences in a clone whose pipeline has ended, as after `make demo`; without a git identity."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sandbox import CONFIG, RUN, STAGES, call, environment, write

from stages.clones import __main__ as clone
from stages.clones.commit import main as commit
from stages.clones.git import FINISHED, git
from stages.clones.matrix import set_matrix

# The configured learning rate is the metric, and the end of the curve.
TRAIN = """
rate=$(sed 's/.*"learning_rate": \\([0-9.e-]*\\).*/\\1/' runs/configs/$1.json)
printf 'step,bound\\n1,0\\n2,%s\\n' $rate > runs/$1/history.csv
echo "{\\"$1\\": {\\"nll\\": $rate}}" > runs/$1/model.txt
"""
PIPELINE = {
    "configure": STAGES["configure"],
    "preprocess": STAGES["preprocess"],
    "train": STAGES["train"]
    | {"params": [{CONFIG: ["training"]}], "plots": [{f"runs/{RUN}/history.csv": {"x": "step", "y": "bound"}}]},
    "report": {
        "cmd": "mkdir -p reports && cp runs/a-m-0/model.txt reports/metrics.json",
        "deps": ["runs"],
        "metrics": [{"reports/metrics.json": {"cache": False}}],
    },
}


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """A clone as `make demo` leaves it: another matrix than the repository's, all run, and committed."""
    for variable in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(variable, "/dev/null")
    root = tmp_path / "project"
    write(root, TRAIN, ("x", "y"))
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": PIPELINE}))
    params = yaml.safe_load((root / "params.yaml").read_text()) | {"settings": {"learning_rate": 0.25}}
    (root / "params.yaml").write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in params.items()))
    call(root, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--all", "--quiet", "-m", "More")
    (root / ".git" / "info" / "exclude").write_text("/demo/\n")
    monkeypatch.chdir(root)
    clone.make(Path("demo")).close()
    set_matrix(Path("demo", "params.yaml"), datasets=["a"])
    call(root / "demo", "dvc", "repro", "--quiet")
    monkeypatch.setattr(sys, "argv", ["commit", "demo"])
    commit()
    return root / "demo"


def test_experiments_and_differences_are_against_what_was_run_in_the_clone(demo):
    assert call(demo, "git", "status", "--porcelain") == ""
    assert "Running stage" not in call(demo, "dvc", "repro")
    first = call(demo, "dvc", "exp", "run", "-S", "settings.learning_rate=0.5")
    assert "Running stage 'train@a-m-0'" in first and "Running stage 'preprocess@a'" not in first
    metrics = {"reports/metrics.json": {"a-m-0.nll": {"old": 0.25, "new": 0.5, "diff": 0.25}}}
    assert json.loads(call(demo, "dvc", "metrics", "diff", "--json")) == metrics
    assert "refs/stash" not in call(demo, "git", "for-each-ref")  # which would be the user's
    [name] = call(demo, "dvc", "exp", "list", "--name-only").split()
    between = json.loads(call(demo, "dvc", "exp", "diff", "HEAD", name, "--json"))
    assert between["metrics"] == metrics
    assert between["params"]["params.yaml"]["settings.learning_rate"]["new"] == 0.5
    columns = ("--only-changed", "--drop", "^(runs|data|reports|sections|params)", "--csv")  # as in the README
    shown = call(demo, "dvc", "exp", "show", *columns).splitlines()[0]
    assert shown.split(",")[4:] == ["a-m-0.nll", "settings.learning_rate", "training.learning_rate"]
    [plot] = json.loads(call(demo, "dvc", "plots", "diff", "--json"))["data"]["runs/a-m-0/history.csv"]
    ends = {(row["rev"], row["bound"]) for row in plot["content"]["data"]["values"] if row["step"] == "2"}
    assert ends == {("HEAD", "0.25"), ("workspace", "0.5")}


def test_a_clone_with_its_own_results_is_replaced_and_one_with_a_commit_upon_them_is_not(demo):
    assert git("rev-parse", FINISHED, folder=demo) == git("rev-parse", "HEAD", folder=demo)
    (demo / "idea.txt").touch()
    call(demo, "git", "add", "idea.txt")
    call(demo, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "An idea")
    (demo / "more.txt").touch()
    commit()  # no license to delete what is below
    with pytest.raises(clone.CloneError, match="found commits in demo"):
        clone.make(Path("demo"))
    git("reset", "--hard", FINISHED, folder=demo)
    clone.make(Path("demo")).close()
    assert not (demo / "reports").exists()


def test_a_clone_in_which_results_were_made_twice_is_replaced(demo):
    for number in (1, 2):
        (demo / "more.txt").write_text(str(number))
        commit()
        assert git("rev-parse", FINISHED, folder=demo) == git("rev-parse", "HEAD", folder=demo)
    clone.make(Path("demo")).close()


def test_results_are_committed_and_replaced_where_this_repository_has_no_commit(demo):
    git("update-ref", "-d", "HEAD")  # as after `git init` in an unpacked archive
    shutil.rmtree(demo)
    for _ in range(2):
        clone.make(Path("demo")).close()
        commit()
        assert git("rev-list", "--count", "HEAD", folder=demo).strip() == "1"


def test_what_is_no_clone_is_not_committed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "stages.clones.commit", str(tmp_path)], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 1 and f"found no clone in {tmp_path}, expected a folder that" in done.stderr
