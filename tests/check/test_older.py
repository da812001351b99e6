"""Studies and supplements that other code than the present has made are named; those of the present code are not."""

from pathlib import Path

import pandas as pd
import pytest
from artifacts import runs_here, write_run
from committed import ROOT
from configured import program

from stages.check.older import older_studies, older_supplements, older_trials
from stages.params.reading import read
from stages.reports.sections import Section
from stages.runs import stale
from stages.runs.fingerprint import Program, running
from stages.study.columns import COLUMNS, HOW
from stages.tuning import rows as tuning

CELL = ("digits", "vhp_rewo")


def study(**how: object) -> pd.DataFrame:
    """Two values, made by the present code but for what is given."""
    codes = {f"code_{stage}": program().of_stage(stage, *CELL) for stage in ("train", "evaluate")}
    row = dict.fromkeys(COLUMNS, 0) | {"dataset": CELL[0], "method": CELL[1], "revision": "0123456789ab"}
    return pd.DataFrame([row | codes | how | {"value": value} for value in (0.5, 0.7)])


def said(results: pd.DataFrame) -> list[str]:
    return list(older_studies({"kappa.digits": results}, program()))


def test_a_study_of_the_present_code_is_not_named():
    assert said(study()) == []


def test_a_study_of_other_code_is_named_with_its_revision_if_that_has_the_code(monkeypatch):
    named = "study kappa.digits: train@digits-vhp_rewo-0 at 0.5 and 1 more: other code"
    assert said(study(code_train="0" * 16, revision=None)) == [named]
    old = stale.Program(lambda path: None if "removed" in path.name else f"{program().read(path) or ''}\nOLD = 1\n")
    monkeypatch.setattr(stale, "at_revision", lambda asked: old if asked == "ba9876543210" else None)
    results = study(code_train=old.of_stage("train", *CELL), revision="0123456789ab ba9876543210")
    [line] = said(results)
    assert line.startswith(f"{named}: ") and line.endswith(" modules, made at revision ba9876543210")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (dict.fromkeys(HOW), ["study kappa.digits: made before studies said how, by code that is not known"]),
        (
            {"code_evaluate": None},
            ["study kappa.digits: evaluate@digits-vhp_rewo-0 at 0.5 and 1 more: made by code that is not known"],
        ),
        (
            {"method": "removed"},
            [
                f"study kappa.digits: {stage}@digits-removed-0 at 0.5 and 1 more: there is no such method or data set "
                "any more"
                for stage in ("train", "evaluate")
            ],
        ),
    ],
)
def test_what_is_not_known_is_said(how, why):
    assert said(study(**how)) == why


def test_trials_that_other_code_has_trained_are_named():
    row = dict.fromkeys(tuning.COLUMNS, 0) | {"dataset": CELL[0], "method": CELL[1], "revision": "0123456789ab"}
    now = program().of_stage("train", *CELL)
    codes = {"as now": now, "before": "0" * 16, "longer before": "0" * 16}
    frame = pd.DataFrame([row | {"trial": trial, "code": code} for trial, code in codes.items()])
    line = "trials of digits: train@vhp_rewo, before, seed 0 and 1 more: other code"
    assert list(older_trials({"digits": frame}, program())) == [line]
    assert list(older_trials({"digits": frame[frame["code"] == now]}, program())) == []


def test_the_committed_trials_are_read(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = tuning.read_all("laptop")
    assert found.keys() == {path.parent.name for path in Path("reports/tuning/laptop").glob("*/trials.csv")} != set()


def test_a_supplement_of_a_data_set_that_is_no_more_has_a_line(tmp_path, monkeypatch):
    params = read(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    for method in ("vhp_rewo", "iwae_l1"):
        write_run("digits", method, 0)
    section = Section("digits", "0" * 16, runs_here(), {}, [], [])
    without = Program(lambda path: None if path.is_relative_to(Path("vhp/datasets/digits")) else running(path))
    said = list(older_supplements(params, {"more": [section]}, without))
    assert said == ["supplement more: digits-vhp_rewo-0 and 1 more: params.yaml and the code have no such run any more"]
