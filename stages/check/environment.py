"""Were the results made with the torch that is pinned?"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.check.wording import first_of
from stages.reports.artifacts import RunArtifacts

REQUIREMENTS = Path("requirements.lock")


def other_torch(runs: Sequence[RunArtifacts]) -> Iterator[str]:
    """Results of another version than requirements.lock has, a line for each; a run that recorded none has none."""
    if not REQUIREMENTS.exists():
        return
    pinned = re.findall(r"(?m)^torch==([^\s;+]+)", REQUIREMENTS.read_text(encoding="utf-8"))
    alike: dict[str, list[str]] = {}
    for run in runs:
        for stage, time in {"train": run.training_time, "evaluate": run.evaluation_time}.items():
            version = time["torch"].partition("+")[0]
            if version[:1].isdigit() and [version] != pinned:
                alike.setdefault(version, []).append(f"{stage}@{run.name}")
    for version, stages in alike.items():
        yield f"{first_of(stages)}: torch {version}, {REQUIREMENTS} has {' and '.join(pinned) or 'none'}"
