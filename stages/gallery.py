"""The report's figures: which arrays go into which figure, for each data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from matplotlib.figure import Figure

from stages.artifacts import RunArtifacts, data_file
from stages.files import read_npz, replacing
from vhp import datasets
from vhp.figures import interpolation_strips, latent_graph, latent_space, samples, style, training_curves


@dataclass(frozen=True)
class Drawn:
    path: Path
    caption: str


def draw(runs: Sequence[RunArtifacts], folder: Path) -> list[Drawn]:
    """The figures of one data set, as folder/<figure>-<dataset>.png. runs: all its runs, in the table's order."""
    dataset = runs[0].dataset
    curves = [
        training_curves.Curve(run.method, run.history, run.kappa, run.training["main_phase_step"]) for run in runs
    ]
    figures: dict[ModuleType, Figure] = {training_curves: training_curves.training_curves(curves)}

    # One run per method from here on: that of the first seed.
    first = list({run.method: run for run in reversed(runs)}.values())[::-1]
    arrays = {run: read_npz(run.arrays) for run in first}
    """
    """
    return []
