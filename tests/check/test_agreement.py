"""The check of committed results in clones of a small pipeline, made by DVC and git, without its cache as in CI."""

import re
from copy import deepcopy
from dataclasses import replace as changed_in
from pathlib import Path

import check_command
import pytest
import yaml
from committed import dvc, git, run

from stages.check import __main__ as check
from stages.files import md5_of, read_json, write_csv, write_json
from stages.runs.fingerprint import Program
from stages.runs.places import run_folder
from stages.runs.recorded import md5_of_folder
from stages.study.columns import MEASURED

REPORT = Path("reports/smoke")
RESULTS, SECTION = REPORT / "results.csv", REPORT / "datasets/digits/section.json"
REWO = "digits-vhp_rewo-0"


@pytest.fixture
def clone(repository, tmp_path, monkeypatch):
    """The working directory is a fresh clone."""
    run("git", "clone", "-q", str(repository), str(tmp_path / "fresh"))
    monkeypatch.chdir(tmp_path / "fresh")


def outcome(monkeypatch, *arguments: str) -> object:
    """As of check_command; it must not have run a stage."""
    before = sorted(Path().glob("runs/**/*"))
    try:
        return check_command.outcome(monkeypatch, *arguments)
    finally:
        assert sorted(Path().glob("runs/**/*")) == before


def entries() -> dict:
    return yaml.safe_load(Path("dvc.lock").read_text())


def write_entries(content: dict) -> None:
    Path("dvc.lock").write_text(yaml.safe_dump(content))


def out_of(locked: dict, stage: str, name: str) -> dict:
    return next(out for out in locked["stages"][stage]["outs"] if out["path"].endswith(f"/{name}"))


def replace(path: Path | str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def test_a_fresh_clone_without_a_cache_passes_and_dvc_finds_nothing_to_do_in_it(clone, monkeypatch):
    assert outcome(monkeypatch, "--strict", "--summary", "summary.md", "--since", "HEAD") is None
    summary = Path("summary.md").read_text()
    assert "# Differences from the baseline" in summary and "# Differences from HEAD" in summary
    assert summary.count("8 values compared, 0 differ") == 3 and "Older than the code" not in summary
    Path("summary.md").unlink()
    assert "Running stage" not in dvc("repro", "--allow-missing").stdout
    assert run("git", "status", "--porcelain").stdout == ""


def with_other_code(monkeypatch) -> None:
    """As if a number of REWO's schedule had been changed."""
    before, file = Program(), Path("vhp/methods/vhp_rewo.py")
    text = before.read(file)
    assert "return Method(" in text
    other = text.replace("return Method(", "str(1)\n    return Method(")
    now = changed_in(
        before, read=lambda path: other if path == file else before.read(path), known={}, owns={}, parsed={}
    )
    monkeypatch.setattr(check, "Program", lambda: now)


def test_results_of_other_code_are_listed_and_a_fault_only_where_asked(clone, monkeypatch, capsys):
    with_other_code(monkeypatch)
    assert outcome(monkeypatch, "--summary", "summary.md") is None
    expected = [f"{stage}@{REWO}: other code" for stage in ("train", "evaluate", "interpolate")]
    for text in (capsys.readouterr().out, Path("summary.md").read_text()):
        assert "# Older than the code: 3" in text
        assert [line for line in text.splitlines() if line.startswith(f"- train@{REWO}")]
        assert "Compared with no earlier revision" in text  # the clone has one commit
        assert all(f"- {result}" in text for result in expected)
    message = outcome(monkeypatch, "--strict")
    assert message.startswith("check: 3 faults\n") and all(f"stale: {result}" in message for result in expected)


def test_results_with_other_parameters_are_listed_with_their_names(clone, monkeypatch, capsys):
    replace("params.yaml", "digits: 0.55", "digits: 0.6")
    assert outcome(monkeypatch) is None
    assert f"- train@{REWO}: other parameters: method.kappa" in capsys.readouterr().out
    assert f"stale: train@{REWO}: other parameters: method.kappa" in outcome(monkeypatch, "--strict")


def test_a_stage_renewed_without_those_after_it_is_named(clone, monkeypatch):
    """Neither file is in a clone: only dvc.lock tells."""
    locked = entries()
    out_of(locked, f"train@{REWO}", "model.safetensors")["md5"] = "0" * 32
    write_entries(locked)
    message, model = outcome(monkeypatch), run_folder(REWO) / "model.safetensors"
    assert f"dvc.lock does not agree with evaluate@{REWO}: {model} is not what train made" in message


def test_an_entry_of_a_stage_that_is_no_more_is_no_fault(clone, monkeypatch):
    locked = entries()
    model = out_of(locked, f"train@{REWO}", "model.safetensors") | {"md5": "0" * 32}
    locked["stages"]["train@dropped"] = {"cmd": "true", "deps": [model], "outs": [model | {"path": "runs/x"}]}
    write_entries(locked)
    assert outcome(monkeypatch) is None


def test_runs_that_are_here_in_part_are_no_fault(clone, monkeypatch):
    """As after `make data`, which writes configurations."""
    dvc("repro", "-q", "--single-item", "configure")
    assert Path(f"runs/configs/{REWO}.json").exists()
    assert outcome(monkeypatch) is None


def test_a_report_older_than_its_runs_is_named(clone, monkeypatch):
    locked = entries()
    out_of(locked, f"evaluate@{REWO}", "likelihood.json")["md5"] = "0" * 32
    write_entries(locked)
    expected = f"report: {run_folder(REWO) / 'likelihood.json'} is not what it was when the report was made"
    assert expected in outcome(monkeypatch)


def test_a_run_that_was_never_made_is_named(clone, monkeypatch):
    replace("params.yaml", "methods:\n- iwae_l1\n", "methods:\n- iwae_l1\n- vampprior\n")
    message = outcome(monkeypatch)
    assert "with train@digits-vampprior-0: was never run;" in message
    assert "the section of digits and the matrix differ in digits-vampprior-0" in message


def test_results_that_cannot_be_read_do_not_hide_what_dvc_found(clone, monkeypatch):
    RESULTS.write_text("")
    message = outcome(monkeypatch)
    assert message.startswith("check: reports/smoke: expected other columns or values in results.csv")
    assert f"with report: {RESULTS} modified;" in message


def test_results_of_a_revision_with_other_columns_are_no_fault(clone, monkeypatch, capsys):
    whole = RESULTS.read_text()
    replace(RESULTS, "nll_se", "error")
    git("commit", "-qam", "other columns")
    RESULTS.write_text(whole)
    assert outcome(monkeypatch, "--since", "HEAD") is None
    assert "The files of HEAD cannot be compared: HEAD: expected other columns" in capsys.readouterr().out


def test_a_tampered_table_is_found_even_if_it_is_better(clone, monkeypatch):
    replace(RESULTS, "iwae_l1,0,90.0", "iwae_l1,0,80.0")
    message = outcome(monkeypatch, "--summary", "summary.md")
    assert f"{RESULTS} is not what its sections give" in message and f"with report: {RESULTS} modified;" in message
    assert f"- **Fault**: dvc.lock does not agree with report: {RESULTS} modified" in Path("summary.md").read_text()


def recommit(locked: dict, path: Path) -> None:
    """Give dvc.lock the checksum that a changed output of the report has."""
    outs = [out for entry in locked["stages"].values() for out in entry.get("outs", []) if out["path"] == str(path)]
    content = path.read_bytes()
    outs[0] |= {"md5": md5_of(content), "size": len(content)}


def test_a_table_tampered_together_with_its_checksum_is_found(clone, monkeypatch):
    replace(RESULTS, "iwae_l1,0,90.0", "iwae_l1,0,80.0")
    locked = entries()
    recommit(locked, RESULTS)
    write_entries(locked)
    message = outcome(monkeypatch)
    assert message == f"check: 1 faults\n  {RESULTS} is not what its sections give: `make report` renews it"


def test_a_verdict_that_changed_is_a_fault_that_names_it(clone, monkeypatch):
    replace(REPORT / "claims.csv", "not testable here", "reproduced")
    message = outcome(monkeypatch)
    assert "verdict on claim beta: reproduced, the baseline has not testable here" in message
    assert f"{REPORT / 'claims.csv'} is not what its sections give" in message


def test_a_supplement_that_was_altered_is_a_fault(clone, monkeypatch):
    copy = Path("reports/supplements/smoke/more/digits/section.json")
    copy.parent.mkdir(parents=True)
    content = read_json(SECTION)
    content["runs"][REWO]["likelihood"]["nll"] = 1.0
    write_json(copy, content)
    said = outcome(monkeypatch)
    assert f"{copy} cannot be read (vhp_rewo - iwae_l1: found a difference of" in said
    content["differences"] = []  # as sections of before have it
    write_json(copy, content)
    path = run_folder(REWO) / "likelihood.json"
    expected = f"more, digits: what its section has of {path} is not what the section was made from"
    assert expected in outcome(monkeypatch)


def test_a_supplement_or_study_that_is_older_is_listed_and_a_fault_where_asked(clone, monkeypatch, capsys):
    """The supplement has a seed that the table has not, and a method that is no more."""
    content, other, gone = read_json(SECTION), "digits-vhp_rewo-1", "digits-removed-0"
    run_of = content["runs"].pop(REWO)
    content["runs"] = {other: run_of, gone: deepcopy(content["runs"]["digits-iwae_l1-0"])}
    run_of["config"]["run"] |= {"seed": 1}
    run_of["config"]["training"] |= {"batch_size": 59}
    run_of["code"]["evaluate"] = "0" * 16
    run_of["training_time"]["torch"] = "1.0.0"
    content["runs"][gone]["config"]["run"] |= {"method": "removed"}
    write_json(Path("reports/supplements/smoke/more/digits/section.json"), content | {"differences": []})
    study = Path("reports/studies/smoke/settings.shared.K/results.csv")
    write_csv(study, [dict.fromkeys(MEASURED, 0)], MEASURED)
    Path("requirements.lock").write_text("torch==2.13.0\n")
    expected = [
        f"supplement more: train@{other}: other parameters: training.batch_size",
        f"supplement more: evaluate@{other}: other code",
        f"supplement more: train@{other}: torch 1.0.0, requirements.lock has 2.13.0",
        f"supplement more: {gone}: params.yaml and the code have no such run any more",
        "study settings.shared.K: made before studies said how",
    ]
    outcome(monkeypatch)
    printed = capsys.readouterr().out
    assert "# Older than the code: 5" in printed and all(f"- {line}" in printed for line in expected)
    message = outcome(monkeypatch, "--strict")
    assert all(f"stale: {line}" in message for line in expected)


def tamper_with_the_section(change) -> None:
    content = read_json(SECTION)
    change(content["runs"][REWO])
    write_json(SECTION, content)


def recommit_the_section() -> None:
    """Give dvc.lock the checksum that the changed section has."""
    locked = entries()
    locked["stages"]["section@digits"]["outs"][0]["md5"] = md5_of_folder(SECTION.parent)
    write_entries(locked)


def test_a_value_tampered_in_its_section_is_found(clone, monkeypatch):
    tamper_with_the_section(lambda run: run["likelihood"].update(nll=1.0))
    assert f"{SECTION.parent}: found the MD5" in outcome(monkeypatch)
    recommit_the_section()
    assert "found a difference of" in outcome(monkeypatch)


def test_a_value_tampered_in_its_section_with_its_differences_is_found(clone, monkeypatch):
    content = read_json(SECTION)
    content["runs"][REWO]["likelihood"].update(nll=1.0)
    content["differences"] = []
    write_json(SECTION, content)
    recommit_the_section()
    path = run_folder(REWO) / "likelihood.json"
    assert f"digits: what its section has of {path} is not what the section was made from" in outcome(monkeypatch)


def test_code_tampered_in_a_section_is_found(clone, monkeypatch):
    tamper_with_the_section(lambda run: run["code"].update(train="0" * 16))
    recommit_the_section()
    assert f"found {'0' * 16} as the code that made train of {REWO}, dvc.lock otherwise" in outcome(monkeypatch)


def test_a_run_that_is_missing_from_the_results_is_named(clone, monkeypatch):
    line = next(line for line in RESULTS.read_text().splitlines() if line.startswith("digits,vhp_rewo,0"))
    replace(RESULTS, f"{line}\n", "")
    assert f"NLL of {REWO}: missing, the baseline has it" in outcome(monkeypatch)


def test_a_dvc_lock_with_conflict_markers_is_named(clone, monkeypatch):
    Path("dvc.lock").write_text("<<<<<<< ours\n" + Path("dvc.lock").read_text() + "=======\n>>>>>>> theirs\n")
    assert re.search(r"dvc\.lock cannot be read .*conflict markers", outcome(monkeypatch), re.DOTALL)


def test_a_committed_output_that_was_deleted_is_named(clone, monkeypatch):
    (REPORT / "smoothness.csv").unlink()
    assert "smoothness.csv" in outcome(monkeypatch)
    # What the baseline is not compared with, and the sections do not give, is found by DVC.
    run("git", "checkout", "reports")
    (REPORT / "index.html").unlink()
    assert f"with report: {REPORT / 'index.html'} deleted;" in outcome(monkeypatch)


def test_a_new_baseline_does_not_hide_what_it_is_new_for(clone, monkeypatch, capsys):
    replace(RESULTS, "iwae_l1,0,90.0", "iwae_l1,0,95.0")
    assert outcome(monkeypatch, "--baseline") is None
    capsys.readouterr()
    outcome(monkeypatch, "--since", "HEAD")
    from_baseline, since = capsys.readouterr().out.split("# Differences from HEAD")
    assert "NLL of digits-iwae_l1-0" not in from_baseline
    assert "| NLL of digits-iwae_l1-0 | 90.0000 | 95.0000 | +5.0000 | 2.1213 | worse or missing |" in since


def test_an_unknown_revision_is_an_error_and_not_a_clone_in_which_everything_is_new(clone, monkeypatch):
    assert "found 'HAED'" in outcome(monkeypatch, "--since", "HAED")


def test_without_git_the_check_says_what_dvc_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(check.AgreementError, match="dvc status"):
        check.disagreements(Path(), {}, [], Path("inputs.csv"))
