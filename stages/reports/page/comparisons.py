"""The figures of all data sets, from what the sections keep of the runs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.reports.page.pictures import write
from stages.reports.sections import Drawn
from vhp.figures.likelihood import effective_samples, nll_minutes


def compare(runs: Sequence[RunArtifacts], folder: Path) -> list[Drawn]:
    """Each as <name>.png and <name>.svg in the folder."""
    frame = pd.DataFrame(
        {
            "dataset": run.dataset,
            "method": run.method,
            "nll": run.likelihood["nll"],
            "nll_se": run.likelihood["nll_se"],
            "minutes": run.training_time["seconds"] / 60,
            "ess": run.likelihood["ess"],
            "low": run.likelihood["n_low_ess"] / run.likelihood["n_test"],
        }
        for run in runs
    ).astype({"nll_se": float})
    return [
        write(nll_minutes.nll_minutes(frame), folder, "nll_minutes", nll_minutes.CAPTION, vector=True),
        write(
            effective_samples.effective_samples(frame),
            folder,
            "effective_samples",
            effective_samples.CAPTION,
            vector=True,
        ),
    ]
