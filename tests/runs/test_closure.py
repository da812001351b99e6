"""The modules that a stage loads are within the closure that its fingerprint covers: each stage is run once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stages.runs.fingerprint import ENTRY_POINTS, Program

ROOT = Path(__file__).parents[2]
DATASET, METHOD = "digits", "vampprior"
RUN = f"{DATASET}-{METHOD}-0"
ARGUMENTS = {"download": DATASET, "preprocess": DATASET, "card": DATASET, "section": DATASET}
ARGUMENTS |= dict.fromkeys(("train", "evaluate", "interpolate", "smoothness", "representation"), RUN)
# Runs a stage as `python -m` does, and then prints which modules of the project are loaded.
ASK = """
import runpy, sys
stage, *sys.argv[1:] = sys.argv[1:]
runpy.run_module(f"stages.{stage}", run_name="__main__", alter_sys=True)
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("stages", "vhp")))
"""


def run(folder: Path, stage: str) -> set[str]:
    arguments = [ARGUMENTS[stage]] if stage in ARGUMENTS else []
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ASK, stage, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> dict[str, set[str]]:
    """Stage -> modules, of one small run through the whole pipeline."""
    folder = tmp_path_factory.mktemp("pipeline")
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params |= {"budget": "smoke", "datasets": [DATASET], "methods": [METHOD]}
    params["budgets"]["smoke"]["training"]["epochs"] = 1
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    run(folder, "configure")
    return {stage: run(folder, stage) for stage in ENTRY_POINTS}


@pytest.mark.parametrize("stage", ENTRY_POINTS)
def test_a_stage_loads_nothing_that_its_fingerprint_does_not_cover(loaded, stage):
    program = Program()
    covered = program.closure(program.entry_points(stage, DATASET, METHOD))
    packages = {".".join(name.split(".")[:i]) for name in covered for i in range(1, name.count(".") + 1)}
    assert loaded[stage] <= covered | packages
    assert loaded[stage] & covered


@pytest.mark.parametrize("stage", ["train", "evaluate", "interpolate"])
def test_what_other_outputs_hold_may_change_without_making_a_run_stale(stage):
    program = Program()
    covered = program.closure(program.entry_points(stage, DATASET, METHOD))
    assert "stages.runs.outputs.data" in covered
    assert not covered & {"stages.runs.outputs.arrays", "stages.runs.outputs.values"}
