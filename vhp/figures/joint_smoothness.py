"""Smoothness factor of each joint, mean and standard deviation (poster: "Smoothness measure")."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.colours import method_looks
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Smoothness factor of each joint: RMS over time of the second-order finite difference of its decoded trajectory "
    "(in standardised angle per frame²), along the graph's paths; mean over the paths found and, upwards, their "
    "standard deviation (first seed, the same number of frames for every method). Smaller is smoother. Black ticks: "
    "mean along the straight line between the same ends. Logarithmic axis."
)
WIDTH = 9.6  # inches
SHARE = 0.75  # of the distance between joints, over which the methods lie
STRAIGHT = "straight line"
# The bone that a joint moves, and what the joint is called.
MOVED = {"femur": "hip", "tibia": "knee", "foot": "ankle", "clavicle": "collarbone", "humerus": "shoulder"}
MOVED |= {"radius": "elbow"} | {name: name for name in ("toes", "wrist", "hand", "fingers", "thumb")}


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
    """A group of marks per joint, one per method; two rows of joints."""
    looks = method_looks(run.method for run in runs)
    joints = list(map(plain, runs[0].joints))
    figure = Figure(figsize=(WIDTH, 5.2))
    halves = np.array_split(np.arange(len(joints)), 2)
    axes = figure.subplots(2, 1, sharey=True)
    width = SHARE / len(runs)
    for ax, half in zip(axes, halves, strict=True):
        places = np.arange(len(half))
        for i, run in enumerate(runs):
            x = places + width * (i - (len(runs) - 1) / 2)
            ax.errorbar(
                *(x, run.mean[half], [np.zeros(len(half)), run.std[half]]),
                color=looks[run.method][0],
                label=method_name(run.method),
                marker=looks[run.method][1],
                linestyle="none",
                markersize=4,
                elinewidth=0.8,
            )
            label = STRAIGHT if i == 0 else None
            ax.plot(x, run.straight_mean[half], "_", color="black", ms=6, markeredgewidth=1.2, label=label, zorder=3)
        ax.set_xticks(places, [joints[j] for j in half])
        ax.set(ylabel="smoothness factor (s.d. / frame²)", xlim=(-0.6, len(halves[0]) - 0.4), yscale="log")
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        ax.set_axisbelow(True)
        ax.tick_params(axis="x", length=0)
    handles, labels = axes[0].get_legend_handles_labels()
    # The line that all methods have comes last.
    last = sorted(zip(labels, handles, strict=True), key=lambda item: item[0] == STRAIGHT)
    figure.legend([h for _, h in last], [name for name, _ in last], loc="outside upper center", ncols=len(runs) + 1)
    return figure


def plain(joint: str) -> str:
    """A joint's name in words, where the skeleton's file names it after the bone that it moves: lfemur, left hip."""
    side = {"l": "left", "r": "right"}.get(joint[:1])
    return f"{side}\n{MOVED[joint[1:]]}" if side and joint[1:] in MOVED else joint
