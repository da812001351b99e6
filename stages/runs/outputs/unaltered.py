"""Where a run's output lies, once it is known to be what its stage made."""

from pathlib import Path

from stages.runs import recorded
from stages.runs.places import run_folder
from stages.runs.run_stages import RUN_STAGES

MAKER = {output: stage for stage, made in RUN_STAGES.items() for output in made.outputs}


def unaltered(run: str, name: str) -> Path:
    """Where an output of the run lies. Raises RecordError if it is not what dvc.lock has."""
    path = run_folder(run) / name
    if path.exists():
        recorded.check(f"{MAKER[name]}@{run}", [path])
    return path
