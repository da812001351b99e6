"""The pipeline in a clone, with the parameters of one trial or of one value of a study."""

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from stages.files import write_text
from stages.runs.places import run_folder
from stages.study import process

PARAMS = Path("params.yaml")


def run(place: Path, params: Mapping[str, Any], runs: Iterable[str], stage: str, jobs: int) -> int:
    """Up to the stage, of what is out of date; its exit status. params: the content of params.yaml.

    runs: of which the outputs of other parameters are removed first: those of a run that now fails must not be left.
    """
    write_text(place / PARAMS, yaml.safe_dump(params, sort_keys=False))
    for name in runs:
        shutil.rmtree(place / run_folder(name), ignore_errors=True)
    return process.run([sys.executable, "-m", "stages.parallel.repro", "--jobs", str(jobs), "--only", stage], place)
