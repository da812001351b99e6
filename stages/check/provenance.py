"""Were the results made by code that a commit has, so that anybody can look it up?"""

from collections.abc import Iterator, Sequence

from stages.check.wording import first_of
from stages.reports.artifacts import RunArtifacts
from stages.runs.stale import revision_of

DIRTY = "-dirty"


def uncommitted(runs: Sequence[RunArtifacts]) -> Iterator[str]:
    """Results of code with changes that were not committed, a line for each revision that they were changes of.

    Not those whose fingerprint is that of the committed code: what was changed was no part of the stage.
    """
    alike: dict[str, list[str]] = {}
    for run in runs:
        times = {"train": run.training_time, "evaluate": run.evaluation_time, "interpolate": run.interpolation_time}
        for stage, time in times.items():
            revision = time["revision"] or ""
            cell = (stage, run.dataset, run.method)
            if revision.endswith(DIRTY) and revision_of(run.code.get(stage), [revision], cell) is None:
                alike.setdefault(revision, []).append(f"{stage}@{run.name}")
    for revision, stages in alike.items():
        yield f"{first_of(stages)}: made at revision {revision} by code that was not committed"
