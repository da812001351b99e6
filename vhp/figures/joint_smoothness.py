"""Smoothness factor of each joint, mean and standard deviation (poster: "Smoothness measure")."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.colours import method_colours
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Smoothness factor of each joint: RMS over time of the second-order finite difference of its decoded trajectory "
    "(in standardised angle per frame²), along the graph's paths; mean and standard deviation over the paths found "
    "(first seed, the same number of frames for every method). Smaller is smoother. Ticks: mean along the straight "
    "line between the same ends."
)
WIDTH = 9.6  # inches
BAR_SHARE = 0.8  # of the distance between joints


@dataclass(frozen=True)
class JointSmoothness:
    """The smoothness factors of one run, an entry per joint; NaN where no path was found."""

    method: str
    joints: Sequence[str]
    mean: np.ndarray
    std: np.ndarray
    straight_mean: np.ndarray


@styled
def joint_smoothness(runs: Sequence[JointSmoothness]) -> Figure:
    """A group of bars per joint, a bar per method; two rows of joints."""
    colours = method_colours(run.method for run in runs)
    joints = runs[0].joints
    figure = Figure(figsize=(WIDTH, 5.2))
    halves = np.array_split(np.arange(len(joints)), 2)
    axes = figure.subplots(2, 1, sharey=True)
    width = BAR_SHARE / len(runs)
    for ax, half in zip(axes, halves, strict=True):
        places = np.arange(len(half))
        for i, run in enumerate(runs):
            x = places + width * (i - (len(runs) - 1) / 2)
            # The lower half of an error bar would reach below 0, where no factor is.
            below = np.fmin(run.std[half], run.mean[half])
            ax.bar(
                *(x, run.mean[half], 0.92 * width),
                color=colours[run.method],
                label=method_name(run.method),
                yerr=[below, run.std[half]],
                error_kw={"elinewidth": 0.7, "ecolor": "#333333"},
            )
            ax.plot(x, run.straight_mean[half], "_", color="black", markersize=4.5, markeredgewidth=1.2)
        ax.set_xticks(places, [joints[j] for j in half])
        ax.set(ylabel="smoothness factor (s.d. / frame²)", xlim=(-0.6, len(halves[0]) - 0.4))
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        ax.set_axisbelow(True)
        ax.tick_params(axis="x", length=0)
    axes[0].set_ylim(0, None)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(runs))
    return figure
