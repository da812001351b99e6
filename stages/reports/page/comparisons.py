"""The figures of all data sets, from what the sections keep of the runs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from stages.reports.artifacts import RunArtifacts
from stages.reports.page.pictures import remove_others, write
from stages.reports.sections import Drawn
from vhp.figures.likelihood import effective_samples, nll_minutes, nll_samples, nll_seeds


def compare(runs: Sequence[RunArtifacts], folder: Path) -> list[Drawn]:
    """Each as <name>.png and <name>.svg in the folder, which has nothing else afterwards."""
    drawn = [write(figure, folder, name, caption) for name, (figure, caption) in _figures(runs).items()]
    remove_others(folder, [path for figure in drawn for path in figure.files])
    return drawn


def _figures(runs: Sequence[RunArtifacts]) -> dict[str, tuple[Figure, str]]:
    """Name -> figure and caption; of samples and seeds only if a result knows of several."""
    frame = pd.DataFrame(
        {
            "dataset": run.dataset,
            "method": run.method,
            "seed": run.seed,
            "nll": run.likelihood["nll"],
            "nll_se": run.likelihood["nll_se"],
            "nll_mc_se": run.likelihood["nll_mc_se"],
            "minutes": run.training_time["seconds"] / 60,
            "ess": run.likelihood["ess"],
            "low": run.likelihood["n_low_ess"] / run.likelihood["n_test"],
        }
        for run in runs
    ).astype({"nll_se": float})
    figures = {
        "nll_minutes": (nll_minutes.nll_minutes(frame), nll_minutes.CAPTION),
        "effective_samples": (effective_samples.effective_samples(frame), effective_samples.CAPTION),
    }
    if curves := [_curve(run) for run in runs if run.likelihood.get("nll_of_first")]:
        figures["nll_samples"] = nll_samples.nll_samples(curves), nll_samples.CAPTION
    repeated = frame[frame.duplicated(["dataset", "method"])]["dataset"]
    if len(repeated):
        of_seeds = frame[frame["dataset"].isin(repeated)]
        figures["nll_seeds"] = nll_seeds.nll_seeds(of_seeds), nll_seeds.CAPTION
    return figures


def _curve(run: RunArtifacts) -> nll_samples.Curve:
    counts, nll = run.likelihood["sample_counts"], run.likelihood["nll_of_first"]
    return nll_samples.Curve(run.dataset, run.method, counts, nll, run.likelihood.get("refined_nll"))
