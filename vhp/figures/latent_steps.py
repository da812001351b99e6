"""The latent space while a model is trained, for d_z = 2 (poster: "Latent representation of the pendulum data").

Two versions: the approximate posterior in the paper's greyscale, or coloured by the true angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from vhp.figures.latent_space import ANGLE_COLOURS
from vhp.figures.style import say_outside, styled
from vhp.names import method_name

CAPTION = (
    "Latent representation at different iteration steps (first seed). Top row of each method: means of the approximate "
    "posterior of test images; the greyscale encodes the variance of its standard deviation, taken over the latent "
    "dimensions, on a logarithmic scale that holds 96 % of the values. Bottom row: samples of the prior; a panel says "
    "how many of them are outside. All panels of a method have one scale."
)
ANGLE_CAPTION = (
    "As above, the approximate posterior coloured by the true angle: a ring that runs through all colours once is the "
    "pendulum's circle."
)
PRIOR_SHOWN = (5, 95)  # percentiles that are in the picture, of each dimension
GREYS_SHOWN = (2, 98)  # percentiles of the variance that are the ends of the scale
GREYS = ListedColormap(matplotlib.colormaps["Greys"](np.linspace(0.25, 1, 256)))  # the palest still shows on white


@dataclass(frozen=True)
class LatentSteps:
    """The latent space of one run at T steps."""

    method: str
    step: np.ndarray  # (T,)
    posterior_mean: np.ndarray  # (T, n, 2)
    posterior_std: np.ndarray  # (T, n, 2)
    prior: np.ndarray  # (T, N, 2) samples
    angle: np.ndarray | None  # (n,) radians: colours the posterior


@styled
def latent_steps(runs: Sequence[LatentSteps]) -> Figure:
    """Two rows per method, a column per step. The runs have the same steps, and all of them an angle or none."""
    rows, columns = 2 * len(runs), len(runs[0].step)
    colouring = _greys(runs) if runs[0].angle is None else {"cmap": ANGLE_COLOURS, "vmin": 0, "vmax": 2 * np.pi}
    figure = Figure(figsize=(0.9 + 1.5 * columns, 0.3 + 1.55 * rows))
    axes = figure.subplots(rows, columns, squeeze=False)
    for run, block in zip(runs, np.split(axes, len(runs)), strict=True):
        _same_square(block, run)
        for t, (top, bottom) in enumerate(block.T):
            colour = run.posterior_std[t].var(-1) if run.angle is None else np.mod(run.angle, 2 * np.pi)
            points = top.scatter(*run.posterior_mean[t].T, s=3, c=colour, linewidths=0, **colouring)
            bottom.scatter(*run.prior[t].T, s=2, color="#333333", alpha=0.5, linewidths=0)
            say_outside(bottom, run.prior[t], fontsize=6)
            top.set_title(f"step {run.step[t]:,}")
            bottom.set_xlabel("$z_1$")
        block[0, 0].set_ylabel(f"{method_name(run.method)}\nposterior\n$z_2$")
        block[1, 0].set_ylabel("prior\n$z_2$")
    beyond = "both" if runs[0].angle is None else "neither"
    bar = figure.colorbar(points, ax=axes, shrink=0.5, aspect=30, pad=0.01, extend=beyond)
    bar.outline.set_visible(False)
    if runs[0].angle is None:
        bar.set_label("variance of the posterior's standard deviation")
    else:
        bar.set_label("true angle")
        bar.set_ticks([0, np.pi, 2 * np.pi], labels=["0", "π", "2π"])
    return figure


def _greys(runs: Sequence[LatentSteps]) -> dict:
    """One scale for all panels, logarithmic: the variance falls by orders of magnitude while a model is trained."""
    variance = np.concatenate([run.posterior_std.var(-1).ravel() for run in runs])
    low, high = np.maximum(np.percentile(variance, GREYS_SHOWN), [1e-12, 2e-12])
    return {"cmap": GREYS, "norm": LogNorm(low, high)}


def _same_square(block: np.ndarray, run: LatentSteps) -> None:
    """Equal limits and units of all panels of a method, wide enough for all but the prior's outermost samples.

    These would shrink the rest, in the first steps a hundredfold.
    """
    prior = np.percentile(run.prior, PRIOR_SHOWN, axis=1)  # of each step and dimension
    seen = np.concatenate([run.posterior_mean.reshape(-1, 2), prior.reshape(-1, 2)])
    centre, half = (seen.max(0) + seen.min(0)) / 2, 0.58 * np.ptp(seen, axis=0).max()
    for ax in block.flat:
        ax.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half), aspect="equal")
        ax.tick_params(labelsize=6, labelbottom=ax in block[-1], labelleft=ax in block[:, 0])
        ax.locator_params(nbins=3)
