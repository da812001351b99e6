"""The regression check in clones of a small pipeline, made by DVC and git: without its cache, as CI has the project."""

import re
import subprocess
import sys
from pathlib import Path

import check_command
import pytest
import yaml

from stages.check import __main__ as check

ROOT = Path(__file__).parents[2]
PIPELINE = f"""
stages:
  configure:
    cmd: PYTHONPATH={ROOT} {sys.executable} -m stages.configure
    params:
      - params.yaml:
    outs: [runs/configs]
  train:
    matrix: {{method: "${{methods}}"}}
    cmd: mkdir -p runs/digits-${{item.method}}-0 && cp networks.py runs/digits-${{item.method}}-0/model
    deps: [networks.py]
    params:
      - runs/configs/digits-${{item.method}}-0.json: [method, training]
    outs: ["runs/digits-${{item.method}}-0/model"]
  report:
    cmd: mkdir -p reports/smoke && python collect.py
    deps: [collect.py, runs]
    outs:
      - reports/smoke/results.csv: {{cache: false}}
      - reports/smoke/smoothness.csv: {{cache: false}}
      - reports/smoke/interpolation.csv: {{cache: false}}
      - reports/smoke/inputs.csv: {{cache: false}}
"""
COLLECT = r"""
from hashlib import md5
from pathlib import Path
models = sorted(Path("runs").glob("*/model"))
rows = [f"{p.parent.name.replace('-', ',')},21.5,0.3,300,5000" for p in models]
inputs = [f"{p},{md5(p.read_bytes()).hexdigest()}" for p in models]
Path("reports/smoke/inputs.csv").write_text("\n".join(["path,md5", *inputs, ""]))
header = "dataset,method,seed,nll,nll_se,n_test,n_samples"
Path("reports/smoke/results.csv").write_text("\n".join([header, *rows, ""]))
Path("reports/smoke/smoothness.csv").write_text("dataset,method,seed,joint,mean,std,n_paths\n")
Path("reports/smoke/interpolation.csv").write_text("dataset,method,seed,n_nodes,k,n_frames\n")
"""
RESULTS = Path("reports/smoke/results.csv")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True)


def dvc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "dvc", *arguments)


@pytest.fixture(scope="module")
def committed(tmp_path_factory) -> Path:
    """The pipeline with two runs, its results and the baseline, all committed."""
    folder = tmp_path_factory.mktemp("committed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = {"dvc.yaml": PIPELINE, "collect.py": COLLECT, "networks.py": "x = 1\n", ".gitignore": "/runs/\n"}
        for name, text in files.items():
            Path(name).write_text(text)
        chosen = {"budget": "smoke", "datasets": "[digits]", "methods": "[iwae_l1, vhp_rewo]", "seeds": "[0]"}
        params = (ROOT / "params.yaml").read_text()
        for key, value in chosen.items():
            params = re.sub(f"(?m)^{key}:.*", f"{key}: {value}", params)
        Path("params.yaml").write_text(params)
        run("git", "init", "-q")
        dvc("init", "-q")
        dvc("repro", "-q")
        patch.setattr(sys, "argv", ["check", "--baseline"])
        check.main()
        run("git", "add", "-A")
        run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "all")
    return folder


@pytest.fixture
def clone(committed, tmp_path, monkeypatch):
    """The working directory is a fresh clone."""
    run("git", "clone", "-q", str(committed), str(tmp_path / "fresh"))
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


def replace(path: Path | str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def test_a_fresh_clone_without_a_cache_passes_and_dvc_finds_nothing_to_do_in_it(clone, monkeypatch):
    assert outcome(monkeypatch, "--summary", "summary.md", "--since", "HEAD") is None
    summary = Path("summary.md").read_text()
    assert "# Differences from the baseline" in summary and "# Differences from HEAD" in summary
    assert summary.count("2 values compared, 0 differ") == 2
    Path("summary.md").unlink()
    assert "Running stage" not in dvc("repro", "--allow-missing").stdout
    assert run("git", "status", "--porcelain").stdout == ""


def test_a_changed_byte_of_model_code_is_named_with_the_stages_it_concerns(clone, monkeypatch):
    replace("networks.py", "x = 1", "x = 2")
    message = outcome(monkeypatch)
    assert message == (
        "check: 1 faults\n  "
        "dvc.lock does not agree with train@iwae_l1 and 1 more: networks.py modified; `make table` mends it"
    )


def test_a_stage_renewed_without_those_after_it_is_named(clone, monkeypatch):
    """Neither file is in a clone: only dvc.lock tells."""
    pipeline, locked, folder = yaml.safe_load(Path("dvc.yaml").read_text()), entries(), "runs/digits-iwae_l1-0"
    pipeline["stages"]["evaluate"] = {
        "cmd": f"cp {folder}/model {folder}/nll",
        "deps": [f"{folder}/model"],
        "outs": [f"{folder}/nll"],
    }
    model = locked["stages"]["train@iwae_l1"]["outs"][0]
    stale = {"path": f"{folder}/model", "hash": "md5", "md5": "0" * 32, "size": model["size"]}
    locked["stages"]["evaluate"] = {
        "cmd": pipeline["stages"]["evaluate"]["cmd"],
        "deps": [stale],
        "outs": [stale | {"path": f"{folder}/nll"}],
    }
    Path("dvc.yaml").write_text(yaml.safe_dump(pipeline))
    write_entries(locked)
    assert outcome(monkeypatch) == (
        f"check: 1 faults\n  dvc.lock does not agree with evaluate: {folder}/model is not what train made; "
        "`make table` mends it"
    )
    stale["md5"] = model["md5"]
    write_entries(locked)
    assert outcome(monkeypatch) is None


def test_an_entry_of_a_stage_that_is_no_more_is_no_fault(clone, monkeypatch):
    locked = entries()
    old = locked["stages"]["train@iwae_l1"]["deps"][0] | {"path": "runs/digits-iwae_l1-0/model", "md5": "0" * 32}
    locked["stages"]["train@dropped"] = {"cmd": "true", "deps": [old], "outs": [old | {"path": "runs/x"}]}
    write_entries(locked)
    assert outcome(monkeypatch) is None


def test_a_changed_parameter_is_named_with_the_runs_it_concerns(clone, monkeypatch):
    replace("params.yaml", "digits: 0.55", "digits: 0.6")
    message = outcome(monkeypatch)
    assert message.startswith("check: 2 faults\n")
    assert "with configure: params.yaml (kappa modified);" in message
    assert "with train@vhp_rewo: runs/configs/digits-vhp_rewo-0.json (method modified);" in message


def test_runs_made_with_other_parameters_are_named_though_configure_was_renewed(clone, monkeypatch):
    """As after `make table ONLY=...`: in a clone no file tells."""
    replace("params.yaml", "digits: 0.55", "digits: 0.6")
    dvc("repro", "-q", "--single-item", "configure")
    expected = "with train@vhp_rewo: runs/configs/digits-vhp_rewo-0.json (method modified);"
    assert expected in outcome(monkeypatch)
    subprocess.run(["rm", "-r", "runs"], check=True)
    assert outcome(monkeypatch).startswith("check: 1 faults\n") and expected in outcome(monkeypatch)


def test_runs_that_are_here_in_part_are_no_fault(clone, monkeypatch):
    """As after `make data`, which writes runs/configs: to DVC the folder that the report read is another one."""
    dvc("repro", "-q", "--single-item", "configure")
    assert Path("runs/configs/digits-iwae_l1-0.json").exists()
    assert outcome(monkeypatch) is None


def test_a_report_older_than_its_runs_is_named(clone, monkeypatch):
    locked = entries()
    locked["stages"]["train@vhp_rewo"]["outs"][0]["md5"] = "0" * 32
    write_entries(locked)
    assert outcome(monkeypatch) == (
        "check: 1 faults\n  dvc.lock does not agree with report: runs/digits-vhp_rewo-0/model is not what it was when "
        "the report was made; `make table` mends it"
    )


def test_a_run_that_the_report_does_not_have_is_named(clone, monkeypatch):
    """Made after the report, alone."""
    replace("params.yaml", "[iwae_l1, vhp_rewo]", "[iwae_l1, vampprior, vhp_rewo]")
    dvc("repro", "-q", "--single-item", "configure")
    dvc("repro", "-q", "--single-item", "train@vampprior")
    subprocess.run(["rm", "-r", "runs"], check=True)
    assert outcome(monkeypatch) == (
        "check: 1 faults\n  dvc.lock does not agree with report: digits-vampprior-0 is not in the report; "
        "`make table` mends it"
    )


def test_results_that_cannot_be_read_do_not_hide_what_dvc_found(clone, monkeypatch):
    RESULTS.write_text("")
    message = outcome(monkeypatch)
    assert message.startswith("check: reports/smoke: expected other columns or values in results.csv")
    assert f"with report: {RESULTS} modified;" in message


def test_results_of_a_revision_with_other_columns_are_no_fault(clone, monkeypatch, capsys):
    whole = RESULTS.read_text()
    replace(RESULTS, "nll_se", "error")
    run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "other columns")
    RESULTS.write_text(whole)
    assert outcome(monkeypatch, "--since", "HEAD") is None
    assert "The results of HEAD cannot be compared: HEAD: expected other columns" in capsys.readouterr().out


def test_a_tampered_result_is_found_even_if_it_is_better(clone, monkeypatch):
    replace(RESULTS, "iwae_l1,0,21.5", "iwae_l1,0,20.5")
    message = outcome(monkeypatch, "--summary", "summary.md")
    assert message.startswith("check: 1 faults\n") and f"with report: {RESULTS} modified;" in message
    assert f"- **Fault**: dvc.lock does not agree with report: {RESULTS} modified" in Path("summary.md").read_text()


def test_a_run_that_is_missing_from_the_results_is_named(clone, monkeypatch):
    replace(RESULTS, "digits,vhp_rewo,0,21.5,0.3,300,5000\n", "")
    assert "NLL of digits-vhp_rewo-0: missing, the baseline has it" in outcome(monkeypatch)


def test_a_run_that_was_never_made_is_named(clone, monkeypatch):
    replace("params.yaml", "[iwae_l1, vhp_rewo]", "[iwae_l1, vampprior, vhp_rewo]")
    message = outcome(monkeypatch)
    assert "with train@vampprior: was never run;" in message and "networks.py" not in message


def test_a_committed_output_that_was_deleted_is_named(clone, monkeypatch):
    Path("reports/smoke/smoothness.csv").unlink()
    assert "smoothness.csv" in outcome(monkeypatch)
    # What the baseline is not compared with is found by DVC.
    run("git", "checkout", "reports")
    Path("collect.py").unlink()
    assert "with report: collect.py deleted;" in outcome(monkeypatch)


def test_a_new_baseline_does_not_hide_what_it_is_new_for(clone, monkeypatch, capsys):
    replace(RESULTS, "iwae_l1,0,21.5", "iwae_l1,0,25.5")
    assert outcome(monkeypatch, "--baseline") is None
    capsys.readouterr()
    outcome(monkeypatch, "--since", "HEAD")
    from_baseline, since = capsys.readouterr().out.split("# Differences from HEAD")
    assert "digits-iwae_l1-0" not in from_baseline
    assert "| NLL of digits-iwae_l1-0 | 21.5000 | 25.5000 | +4.0000 | 1.2728 | worse or missing |" in since


def test_an_unknown_revision_is_an_error_and_not_a_clone_in_which_everything_is_new(clone, monkeypatch):
    assert "found 'HAED'" in outcome(monkeypatch, "--since", "HAED")


def test_without_git_the_check_says_what_dvc_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(check.AgreementError, match="dvc status"):
        check.disagreements(Path(), {}, Path("inputs.csv"))


def test_the_sandbox_names_the_outputs_that_the_real_report_stage_has():
    """The files that the check reads are outputs of the project's own report stage."""
    outs = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["report"]["outs"]
    names = {Path(path).name for out in outs for path in out}
    assert {*check.FILES, "inputs.csv"} <= names
