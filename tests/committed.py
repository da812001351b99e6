"""A small pipeline with its results and the baseline, all committed: the project's own but that runs are copied.

The stages that would compute data and runs copy them; sections and report are made.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from artifacts import SETTINGS, write_run

from stages.check import __main__ as check
from stages.runs.run_stages import RUN_STAGES

ROOT = Path(__file__).parents[1]
COMPUTED = ("configure", "section", "beta_update", "report")
METHODS = ("iwae_l1", "vhp_rewo")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done


def dvc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "dvc", *arguments)


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments)


def pipeline(made: Path) -> str:
    """dvc.yaml with stages that copy what they would compute from `made`."""
    content = yaml.safe_load((ROOT / "dvc.yaml").read_text())
    for name, stage in content["stages"].items():
        if name in COMPUTED:
            stage["cmd"] = re.sub("^python", f"PYTHONPATH={ROOT} {sys.executable}", stage["cmd"])
            continue
        declared = [out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
        names = [next(iter(out)) if isinstance(out, dict) else out for out in declared]
        stage["cmd"] = f"tar -C {made} -c {' '.join(names)} | tar -x"
    content["stages"]["configure"]["deps"] = ["params.yaml"]
    return yaml.safe_dump(content, sort_keys=False)


def make_runs(folder: Path) -> None:
    """In the folder, all that the stages copy."""
    for method in METHODS:
        folder_of_run = write_run("digits", method, 0)
        for name in (name for stage in RUN_STAGES.values() for name in stage.outputs):
            (folder_of_run / name).touch()
    for name in ("data/raw/digits.npz", "data/cards/digits.md", "data/cards/digits.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def use_settings_of_the_copied_runs() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text())
    params["budgets"]["smoke"] |= SETTINGS
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def build(made: Path, folder: Path) -> None:
    """Two runs on the digits, the smoke budget. made: an empty folder, for what the stages copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        make_runs(made)
        patch.chdir(folder)
        files = {"dvc.yaml": pipeline(made), ".gitignore": (ROOT / ".gitignore").read_text()}
        files |= {f"reports/{name}/README.md": "Of the claims." for name in ("studies", "supplements")}
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text)
        chosen = {"budget": "smoke", "datasets": "[digits]", "methods": f"[{', '.join(METHODS)}]", "seeds": "[0]"}
        params = (ROOT / "params.yaml").read_text()
        for key, value in chosen.items():
            params = re.sub(f"(?m)^{key}:.*", f"{key}: {value}", params)
        Path("params.yaml").write_text(params)
        use_settings_of_the_copied_runs()
        run("git", "init", "-q")
        dvc("init", "-q")
        dvc("repro", "-q")
        git("add", "-A")
        patch.setattr(sys, "argv", ["check", "--baseline"])
        check.main()
        git("add", "-A")
        git("commit", "-qm", "all")
