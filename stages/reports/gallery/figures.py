"""The report's figures: which arrays go into which, for each data set."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stages.reports.artifacts import RunArtifacts
from stages.reports.differences.pairs import Difference
from stages.reports.gallery.interpolations import Figures, interpolations, view
from stages.reports.page.pictures import write
from stages.reports.sections import Drawn
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.data import open_data
from vhp import datasets
from vhp.datasets.means import array_as_means
from vhp.figures import (
    joint_smoothness,
    latent_space,
    latent_steps,
    samples,
    scatter,
    training_curves,
)
from vhp.figures.likelihood import differences, trust

ARRAYS = ("latent_space.npz", "paths.npz", "gallery.npz")
SNAPSHOTS = "snapshots.npz"
LIKELIHOOD = "likelihood.npz"


def draw(runs: Sequence[RunArtifacts], pairs: Sequence[Difference], folder: Path) -> list[Drawn]:
    """The figures of one data set, as folder/<figure>.png and .svg, or as .gif; some as both.

    runs: all its runs, in the table's order; pairs: their paired differences.

    Raises ValueError for a file that is missing or damaged.
    """
    dataset = runs[0].dataset
    # One run per method but for the training curves: that of the first seed.
    first = [run for i, run in enumerate(runs) if run.method not in {r.method for r in runs[:i]}]
    with open_data(dataset) as data:
        arrays = [(run, read_arrays(run.config, run.name, *ARRAYS, n_test=run.n_test)) for run in first]
        figures, moving = _figures(runs, arrays, data)
        if pairs:
            forest = [differences.Pair(p.first, p.second, p.encoders, p.refined, p.decided) for p in pairs]
            figures["differences"] = differences.forest(forest), differences.CAPTION
        if weights := [found for run in first if (found := _weights(run))]:
            figures["importance_weights"] = trust.trust(weights), trust.CAPTION
        return [write(figure, folder, name, caption, moving.get(name)) for name, (figure, caption) in figures.items()]


def _figures(
    runs: Sequence[RunArtifacts],
    arrays: Sequence[tuple[RunArtifacts, dict[str, np.ndarray]]],
    data: Mapping[str, np.ndarray],
) -> tuple[Figures, dict[str, FuncAnimation]]:
    """The figures, and what moves in a file beside one of them, both by the figure's name.

    arrays: of one run per method, beside it; data: data/processed/<dataset>.npz.
    """
    dataset, first = runs[0].dataset, [run for run, _ in arrays]
    as_images = partial(datasets.pictures, dataset, arrays=data)
    # Black and white, the same for all methods: the data's range without its outermost values, which may be noise.
    low, high = np.percentile(as_images(arrays[0][1]["originals"]), [1, 99])
    limits = (float(low), float(high) if high > low else float(low) + 1)

    figures: Figures = {
        "training_curves": (training_curves.training_curves([_curve(run) for run in runs]), training_curves.CAPTION)
    }
    if all(a["prior"].shape[1] == 2 for _, a in arrays):
        angle = data.get("test_angle")
        spaces = [_latent_space(run, a, angle) for run, a in arrays]
        figures["latent_space"] = latent_space.latent_space(spaces), latent_space.CAPTION
        figures |= _latent_steps(first, angle)
    between, moving = interpolations(arrays, data, dataset, limits)
    figures |= between
    if hasattr(datasets.load(dataset), "JOINTS"):
        bars = joint_smoothness.joint_smoothness([_joint_smoothness(run) for run in first])
        figures["joint_smoothness"] = bars, joint_smoothness.CAPTION
    shown = [_samples(run, a) for run, a in arrays]
    if (seen := view(dataset, data)) is None:
        figures["samples"] = samples.samples(shown, as_images, limits), samples.CAPTION
    else:
        figures["samples"] = scatter.samples(shown, seen, array_as_means(data["test"])), scatter.SAMPLES_CAPTION
    return figures, moving


def _curve(run: RunArtifacts) -> training_curves.Curve:
    return training_curves.Curve(run.method, run.history, run.kappa, run.training["main_phase_step"])


def _latent_space(run: RunArtifacts, a: dict[str, np.ndarray], angle: np.ndarray | None) -> latent_space.LatentSpace:
    chosen = None if angle is None else angle[a["posterior_example"]]
    return latent_space.LatentSpace(run.method, a["posterior_mean"], a["prior"], chosen)


def _latent_steps(runs: Sequence[RunArtifacts], angle: np.ndarray | None) -> dict[str, tuple[Figure, str]]:
    """Of the methods with a constraint, which the paper compares: in its greyscale, and coloured by the true angle."""
    constrained = [(run, read_arrays(run.config, run.name, SNAPSHOTS)) for run in runs if run.kappa is not None]
    figures = {}
    if constrained:
        grey = [_steps(run, a, None) for run, a in constrained]
        figures["latent_steps"] = latent_steps.latent_steps(grey), latent_steps.CAPTION
    if constrained and angle is not None:
        coloured = [_steps(run, a, angle[a["example"]]) for run, a in constrained]
        figures["latent_steps_angle"] = latent_steps.latent_steps(coloured), latent_steps.ANGLE_CAPTION
    return figures


def _steps(run: RunArtifacts, a: dict[str, np.ndarray], angle: np.ndarray | None) -> latent_steps.LatentSteps:
    return latent_steps.LatentSteps(run.method, a["step"], a["posterior_mean"], a["posterior_std"], a["prior"], angle)


def _weights(run: RunArtifacts) -> trust.Weights | None:
    """None for results of before k-hat was computed."""
    a = read_arrays(run.config, run.name, LIKELIHOOD, n_test=run.n_test)
    prefixes = {"encoder": "", "refined": "refined_"}
    known = {name: prefix for name, prefix in prefixes.items() if f"{prefix}k_hat" in a}
    by_estimate = ({name: a[f"{prefix}{what}"] for name, prefix in known.items()} for what in trust.PER_EXAMPLE)
    return trust.Weights(run.method, *by_estimate) if known else None


def _joint_smoothness(run: RunArtifacts) -> joint_smoothness.JointSmoothness:
    rows, straight = run.smoothness["joints"], run.smoothness["straight_joints"]
    # None, for too few paths, becomes NaN.
    mean, std = (np.array([row[key] for row in rows], float) for key in ("mean", "std"))
    straight_mean = np.array([row["mean"] for row in straight], float)
    return joint_smoothness.JointSmoothness(run.method, [row["joint"] for row in rows], mean, std, straight_mean)


def _samples(run: RunArtifacts, a: dict[str, np.ndarray]) -> samples.Samples:
    return samples.Samples(run.method, a["samples"], a["originals"], a["reconstructions"])
