"""Which file of parameters a stage stands or falls with."""

import subprocess
import sys
from pathlib import Path

from stages.parallel import standing
from stages.runs import resolved
from stages.runs.places import MATRIX, config_file, data_config_file


def test_a_stage_is_configured_by_the_file_of_its_data_set_its_run_or_the_matrix():
    assert standing.OF_DATASET == resolved.OF_DATASET
    assert {standing.read_by(f"{stage}@digits") for stage in resolved.OF_DATASET} == {data_config_file("digits")}
    assert standing.read_by("train@digits-vhp_rewo-0") == config_file("digits-vhp_rewo-0")
    assert {standing.read_by(stage) for stage in ("section@digits", "report")} == {MATRIX}


def test_a_repro_does_not_load_torch():
    """It would take a second and hundreds of MiB beside the stages, which load it themselves."""
    code = "import sys, stages.parallel.repro; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
