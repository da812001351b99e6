"""The regression check in clones of a small pipeline, made by DVC and git: without its cache, as CI has the project."""

import subprocess
import sys
from pathlib import Path

import check_command
import pytest
import yaml

from stages import check

PIPELINE = """
stages:
  configure:
    cmd: mkdir -p runs/configs && cp params.yaml runs/configs/all.yaml
    params:
      - params.yaml:
    outs: [runs/configs]
  train:
    matrix: {method: "${methods}"}
    cmd: mkdir -p runs/${item.method} && cp vhp.py runs/${item.method}/model
    deps: [vhp.py]
    params:
      - runs/configs/all.yaml: [kappa]
    outs: ["runs/${item.method}/model"]
  report:
    cmd: mkdir -p reports/smoke && python collect.py
    deps: [collect.py, runs]
    outs:
      - reports/smoke/results.csv: {cache: false}
      - reports/smoke/smoothness.csv: {cache: false}
      - reports/smoke/interpolation.csv: {cache: false}
"""
COLLECT = """
from pathlib import Path
rows = [f"digits,{p.parent.name},0,21.5,0.3,300,5000" for p in sorted(Path("runs").glob("*/model"))]
header = "dataset,method,seed,nll,nll_se,n_test,n_samples"
Path("reports/smoke/results.csv").write_text("\\n".join([header, *rows, ""]))
Path("reports/smoke/smoothness.csv").write_text("dataset,method,seed,joint,mean,std,n_paths\\n")
Path("reports/smoke/interpolation.csv").write_text("dataset,method,seed,n_nodes,k,n_frames\\n")
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
        files = {"dvc.yaml": PIPELINE, "collect.py": COLLECT, "vhp.py": "x = 1\n", ".gitignore": "/runs/\n"}
        for name, text in files.items():
            Path(name).write_text(text)
        Path("params.yaml").write_text("budget: smoke\nkappa: 0.5\nmethods: [iwae_l1, vhp_rewo]\n")
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
    try:
        return check_command.outcome(monkeypatch, *arguments)
    finally:
        assert not Path("runs").exists()


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
    replace("vhp.py", "x = 1", "x = 2")
    message = outcome(monkeypatch)
    assert message == (
        "check: 1 faults\n  "
        "dvc.lock does not agree with train@iwae_l1 and 1 more: vhp.py modified; `make table` mends it"
    )


def test_a_stage_renewed_without_those_after_it_is_named(clone, monkeypatch):
    """Neither file is in a clone: only dvc.lock tells."""
    pipeline = yaml.safe_load(Path("dvc.yaml").read_text())
    entries = yaml.safe_load(Path("dvc.lock").read_text())
    pipeline["stages"]["evaluate"] = {
        "cmd": "cp runs/iwae_l1/model runs/iwae_l1/nll",
        "deps": ["runs/iwae_l1/model"],
        "outs": ["runs/iwae_l1/nll"],
    }
    model = entries["stages"]["train@iwae_l1"]["outs"][0]
    stale = {"path": "runs/iwae_l1/model", "hash": "md5", "md5": "0" * 32, "size": model["size"]}
    entries["stages"]["evaluate"] = {
        "cmd": pipeline["stages"]["evaluate"]["cmd"],
        "deps": [stale],
        "outs": [stale | {"path": "runs/iwae_l1/nll"}],
    }
    Path("dvc.yaml").write_text(yaml.safe_dump(pipeline))
    Path("dvc.lock").write_text(yaml.safe_dump(entries))
    assert outcome(monkeypatch) == (
        "check: 1 faults\n  dvc.lock does not agree with evaluate: runs/iwae_l1/model is not what train made; "
        "`make table` mends it"
    )
    stale["md5"] = model["md5"]
    Path("dvc.lock").write_text(yaml.safe_dump(entries))
    assert outcome(monkeypatch) is None


def test_a_changed_parameter_is_named(clone, monkeypatch):
    replace("params.yaml", "kappa: 0.5", "kappa: 0.6")
    assert "with configure: params.yaml (kappa modified);" in outcome(monkeypatch)


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
    assert "with train@vampprior: vhp.py modified;" in outcome(monkeypatch)


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
        check.disagreements(Path())


def test_the_sandbox_names_the_outputs_that_the_real_report_stage_has():
    """The two files that the check reads are outputs of the project's own report stage."""
    root = Path(__file__).parents[1]
    outs = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]["report"]["outs"]
    names = {Path(path).name for out in outs for path in out}
    assert set(check.FILES) <= names
