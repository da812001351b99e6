"""Contact sheet of the motion data: each movement as a strip of figures at equal steps of time."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from vhp.datasets.motion import FRAME_RATE, MOVEMENTS
from vhp.datasets.motion.drawing import project
from vhp.datasets.motion.posture import joints
from vhp.datasets.motion.segments import TRIALS
from vhp.figures.motion.stick_figure import COLOURS, stick_figure
from vhp.figures.style import styled

CAPTION = (
    "The motion data as the models get it: rows of the training set, drawn with one body, all with the same heading "
    "and with the lowest foot on the ground, so that a runner's flight does not show. Left limbs blue, right limbs "
    "vermilion."
)
# Trial, first frame and seconds: a whole cycle of each movement, within one block of the training set.
SHOWN = {
    "walking": ("07_05", 1, 1.1),
    "jogging": ("14_14", 530, 0.75),
    "balancing": ("49_18", 120, 4.0),
    "punching": ("86_01", 4117, 0.95),
    "kicking": ("86_01", 3285, 1.35),
}
N_FIGURES = 10
WIDTH = 9.2  # inches
SPACING = 1.2  # metres between neighbours
BELOW, ABOVE = 0.32, 0.12  # metres of a strip below the ground and above the heads or hands


@styled
def contact_sheet(arrays: Mapping[str, np.ndarray]) -> Figure:
    """One strip per movement. arrays: what vhp.datasets.motion.prepare.preprocess gave."""
    rows = {
        movement: rows_at(arrays, trial, first + np.linspace(0, seconds * FRAME_RATE, N_FIGURES))
        for movement, (trial, first, seconds) in SHOWN.items()
    }
    points = {movement: project(joints(arrays["train"][rows[movement]], arrays)) for movement in MOVEMENTS}
    heights = [BELOW + ABOVE + points[movement][..., 1].max() for movement in MOVEMENTS]
    places = SPACING * np.arange(N_FIGURES)
    width = SPACING * N_FIGURES
    figure = Figure(figsize=(WIDTH, WIDTH * sum(heights) / width + 0.25 * len(heights)))
    axes = figure.subplots(len(MOVEMENTS), 1, height_ratios=heights)
    for ax, movement, height in zip(axes, MOVEMENTS, heights, strict=True):
        frames = arrays["train_frame"][rows[movement]]
        for place, frame, one in zip(places, frames, points[movement], strict=True):
            stick_figure(ax, one + np.array([place, 0]), arrays["rig_parents"])
            time = f"{(frame - frames[0]) / FRAME_RATE:.2f} s"
            ax.text(place, -0.08, time, ha="center", va="top", fontsize=6.5, color=COLOURS["middle"])
        ax.axhline(0, color="#BBBBBB", linewidth=0.8, zorder=1)
        ax.set(xlim=(-SPACING / 2, width - SPACING / 2), ylim=(-BELOW, height - BELOW), aspect="equal")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_title(f"{movement} (trial {SHOWN[movement][0]})", loc="left", pad=1)
    for place, name in ((0.93, "left"), (1.0, "right")):
        axes[0].text(place, 1.02, name, transform=axes[0].transAxes, ha="right", va="bottom", color=COLOURS[name])
    return figure


def rows_at(arrays: Mapping[str, np.ndarray], trial: str, frames: np.ndarray) -> np.ndarray:
    """Rows of the training set nearest to the frames of a trial: (n,) frame numbers -> (n,) int."""
    own = np.flatnonzero(arrays["train_trial"] == TRIALS.index(trial))
    return own[np.abs(arrays["train_frame"][own] - frames[:, None]).argmin(1)]
