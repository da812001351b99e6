"""Results of code that no commit has are named; those whose own code was committed are not."""

import subprocess
from pathlib import Path

import pytest
from artifacts import runs_here, write_run

from stages.check.provenance import uncommitted
from stages.files import read_json, write_json
from stages.runs import stale
from stages.runs.places import config_file, run_folder

ROOT = Path(__file__).parents[2]
NAMES = ("digits-vhp_rewo-0", "digits-iwae_l1-0")


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs, made at HEAD with other files changed, and the code of HEAD as that of `stages.runs.stale`."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    revision = f"{head[:12]}-dirty"
    program = stale.Program(lambda path: (ROOT / path).read_text() if (ROOT / path).is_file() else None)
    monkeypatch.setattr(stale, "at_revision", lambda asked: program if asked == revision else None)
    monkeypatch.chdir(tmp_path)
    for method in ("vhp_rewo", "iwae_l1"):
        write_run("digits", method, 0)
    for name in NAMES:
        for stage in ("training", "evaluation", "interpolation"):
            file = run_folder(name) / f"{stage}_time.json"
            write_json(file, read_json(file) | {"revision": revision})
    return revision


def test_a_stage_whose_own_code_was_committed_is_not_named(runs):
    assert list(uncommitted(runs_here())) == []


def test_results_of_changed_code_are_named_by_revision_and_stage(runs):
    for name in NAMES:
        config = read_json(config_file(name))
        config["code"] |= {"train": "0" * 16}
        write_json(config_file(name), config)
    expected = f"train@{NAMES[0]} and 1 more: made at revision {runs} by code that was not committed"
    assert list(uncommitted(runs_here())) == [expected]


def test_clean_and_unknown_revisions_are_not_named(runs):
    for name in NAMES:
        for stage, revision in (("training", "0123456789ab"), ("evaluation", None), ("interpolation", "0123456789ab")):
            file = run_folder(name) / f"{stage}_time.json"
            write_json(file, read_json(file) | {"revision": revision})
    assert list(uncommitted(runs_here())) == []
