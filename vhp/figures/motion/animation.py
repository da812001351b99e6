"""One interpolated movement as a moving picture, all methods side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes

from vhp.datasets.motion.drawing import project
from vhp.datasets.motion.posture import joints
from vhp.figures.animation import Window, side_by_side
from vhp.figures.interpolation_strips import Strips
from vhp.figures.motion.interpolation_strips import movement
from vhp.figures.motion.stick_figure import stick_figure
from vhp.figures.style import styled

CAPTION = (
    "One interpolated movement (the first of the strips), frame by frame. A blue frame: the step just made is a "
    "discontinuity."
)
WIDTH, BELOW, ABOVE = 1.8, 0.15, 2.25  # metres of a panel: across, below the ground and above it
PANEL = 1.7  # inches, across


@styled
def animation(strips: Sequence[Strips], arrays: Mapping[str, np.ndarray], ends: np.ndarray) -> FuncAnimation:
    """A panel per method with its first path. strips, arrays, ends: see interpolation_strips."""

    def show(ax: Axes, method: int, t: int) -> None:
        ax.axhline(0, color="#BBBBBB", linewidth=0.8, zorder=1)
        stick_figure(ax, project(joints(strips[method].graph[0, t], arrays)), arrays["rig_parents"])

    frames = range(strips[0].graph.shape[1])
    window = Window((-WIDTH / 2, WIDTH / 2), (-BELOW, ABOVE), PANEL)
    return side_by_side(strips, frames, window, show, movement(ends[0], arrays))
