"""Approximate posterior above prior, for d_z = 2 (poster: latent representation of the pendulum)."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Latent space (first seed). Top: posterior means of test images, coloured by the true angle where the data set "
    "records it. Bottom: samples of the prior, on the same axes. Where the two differ in shape, decoded prior samples "
    "look unlike the data."
)
# twilight is cyclic and ordered by lightness for every colour vision; darkened, since its ends are as white as paper.
ANGLE_COLOURS = ListedColormap(matplotlib.colormaps["twilight"](np.linspace(0, 1, 256))[:, :3] * 0.85)


@dataclass(frozen=True)
class LatentSpace:
    """The two-dimensional latent space of one run."""

    method: str
    posterior_mean: np.ndarray  # (n, 2)
    prior: np.ndarray  # (N, 2) samples
    angle: np.ndarray | None  # (n,) radians, of the posterior's examples


@styled
def latent_space(spaces: Sequence[LatentSpace]) -> Figure:
    """A column per method. Raises ValueError for latent spaces that are not two-dimensional."""
    for space in spaces:
        if space.prior.shape[1] != 2:
            raise ValueError(f"latent_space draws d_z = 2; {space.method} has d_z = {space.prior.shape[1]}")
    n = len(spaces)
    figure = Figure(figsize=(1.0 + 2.0 * n, 4.3))
    axes = figure.subplots(2, n, squeeze=False)
    coloured = None
    for column, space in enumerate(spaces):
        top, bottom = axes[:, column]
        if space.angle is None:
            top.scatter(*space.posterior_mean.T, s=3, color="#333333", linewidths=0)
        else:
            turn = np.mod(space.angle, 2 * np.pi)
            coloured = top.scatter(
                *space.posterior_mean.T, c=turn, cmap=ANGLE_COLOURS, vmin=0, vmax=2 * np.pi, s=4, linewidths=0
            )
        bottom.scatter(*space.prior.T, s=3, color="#333333", alpha=0.5, linewidths=0)
        top.set_title(method_name(space.method))
        _same_square(top, bottom, np.concatenate([space.posterior_mean, space.prior]))
        bottom.set_xlabel("$z_1$")
    axes[0, 0].set_ylabel("posterior means\n$z_2$")
    axes[1, 0].set_ylabel("prior samples\n$z_2$")
    if coloured is not None:
        bar = figure.colorbar(coloured, ax=axes, label="true angle", shrink=0.45, anchor=(0, 1), aspect=16, pad=0.01)
        bar.set_ticks([0, np.pi, 2 * np.pi], labels=["0", "π", "2π"])
    return figure


def _same_square(top: Axes, bottom: Axes, z: np.ndarray) -> None:
    """Equal limits and units, so that the two panels can be compared by eye."""
    centre = (z.max(0) + z.min(0)) / 2
    half = 0.54 * np.ptp(z, axis=0).max()
    for ax in (top, bottom):
        ax.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half), aspect="equal")
        ax.locator_params(nbins=4)
