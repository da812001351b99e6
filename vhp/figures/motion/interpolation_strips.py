"""Interpolated movements as rows of stick figures, discontinuities boxed (paper: human-movement reconstructions)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vhp.datasets.motion import MOVEMENTS
from vhp.datasets.motion.drawing import project
from vhp.datasets.motion.posture import joints
from vhp.figures.colours import PATH_COLOURS
from vhp.figures.interpolation_strips import BOX_COLOUR, Strips, jump_columns, shown_frames
from vhp.figures.motion.stick_figure import stick_figure
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Decoded interpolations of movements along the graph's shortest paths (first seed), between the same pairs of test "
    "examples for every method; the bars have the colours of the paths in the latent graph. Evenly spaced ones of the "
    "frames; apart, on the left and on the right, the two test examples themselves. Drawn by forward kinematics with "
    "one body, the lowest foot on the ground. Left limbs blue, right limbs vermilion. Blue boxes: discontinuities, "
    "between the two frames that they enclose."
)
COLUMNS = 2
N_FIGURES = 8
WIDTH = 9.6  # inches
SPACING, HEIGHT, BELOW = 1.0, 2.05, 0.12  # metres: between neighbours, of a strip, and of it below the ground
APART = 1.5 * SPACING  # from a test example to the frame beside it
LINE_WIDTH = 1.1


@styled
def interpolation_strips(strips: Sequence[Strips], arrays: Mapping[str, np.ndarray], ends: np.ndarray) -> Figure:
    """A block per movement, a row per method in it.

    strips: those of each method, for the same pairs. arrays: the processed motion data. ends: (P, 2) test examples.
    """
    n_paths = min(len(PATH_COLOURS), len(ends))
    rows = -(-n_paths // COLUMNS)
    ends_at = (-APART, SPACING * (N_FIGURES - 1) + APART)
    left, right = ends_at[0] - SPACING / 2, ends_at[1] + SPACING / 2
    scale = WIDTH / COLUMNS / (right - left)  # inches per metre
    figure = Figure(figsize=(WIDTH, rows * (len(strips) * (HEIGHT * scale + 0.18) + 0.25)))
    blocks = figure.subfigures(rows, COLUMNS, squeeze=False).ravel()
    for path, block in enumerate(blocks[:n_paths]):
        block.suptitle(movement(ends[path], arrays), x=0.02, ha="left", fontsize=9)
        axes = block.subplots(len(strips), 1, squeeze=False)[:, 0]
        for ax, strip in zip(axes, strips, strict=True):
            ax.set(xlim=(left, right), ylim=(-BELOW, HEIGHT - BELOW), aspect="equal")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.set_title(method_name(strip.method), loc="left", pad=0, fontsize=7.5)
            ax.plot(
                [-SPACING / 2, SPACING * (N_FIGURES - 0.5)], [0, 0], color=PATH_COLOURS[path], linewidth=2, zorder=1
            )
            for place, points in zip(ends_at, project(joints(arrays["test"][ends[path]], arrays)), strict=True):
                stick_figure(ax, points + np.array([place, 0]), arrays["rig_parents"], LINE_WIDTH)
            _strip(ax, strip.graph[path], strip.jumps[path], arrays)
    return figure


def movement(ends: np.ndarray, arrays: Mapping[str, np.ndarray]) -> str:
    """From which movement to which: ends (2,) test examples."""
    start, goal = (MOVEMENTS[i] for i in arrays["test_movement"][ends])
    return f"{start} → {goal}"


def _strip(ax: Axes, frames: np.ndarray, jumps: Sequence[int], arrays: Mapping[str, np.ndarray]) -> None:
    if np.isnan(frames).any():
        ax.text(0, 0.8, "no path", va="center", color="#444444")
        return
    shown = shown_frames(len(frames), N_FIGURES)
    for column, points in enumerate(project(joints(frames[shown], arrays))):
        stick_figure(ax, points + np.array([SPACING * column, 0]), arrays["rig_parents"], LINE_WIDTH)
    for column in jump_columns(jumps, shown):
        corner = (SPACING * (column - 0.48), -BELOW / 2)
        box = Rectangle(corner, 1.96 * SPACING, HEIGHT - BELOW, fill=False, edgecolor=BOX_COLOUR, linewidth=1.8)
        box.set(zorder=6, clip_on=False)
        ax.add_patch(box)
