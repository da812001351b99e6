"""One interpolated movement as a moving picture, all methods side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from vhp.datasets.motion.drawing import project
from vhp.datasets.motion.posture import joints
from vhp.figures.interpolation_strips import BOX_COLOUR, Strips
from vhp.figures.motion.interpolation_strips import movement
from vhp.figures.motion.stick_figure import stick_figure
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "One interpolated movement (the first of the strips), frame by frame. A blue frame: the step just made is a "
    "discontinuity."
)
WIDTH, BELOW, ABOVE = 1.8, 0.15, 2.25  # metres of a panel: across, below the ground and above it
PANEL = 1.7  # inches, across


@styled
def animation(strips: Sequence[Strips], arrays: Mapping[str, np.ndarray], ends: np.ndarray) -> FuncAnimation:
    """A panel per method with its first path. strips, arrays, ends: see interpolation_strips."""
    figure = Figure(figsize=(PANEL * len(strips), PANEL * (BELOW + ABOVE) / WIDTH + 0.5))
    axes = figure.subplots(1, len(strips), squeeze=False)[0]
    figure.suptitle(movement(ends[0], arrays), fontsize=9)
    paths = [strip.graph[0] for strip in strips]
    points = [None if np.isnan(frames).any() else project(joints(frames, arrays)) for frames in paths]

    def draw(t: int) -> None:
        for ax, strip, postures in zip(axes, strips, points, strict=True):
            ax.clear()
            ax.set(xlim=(-WIDTH / 2, WIDTH / 2), ylim=(-BELOW, ABOVE), aspect="equal", xticks=[], yticks=[])
            ax.set_title(method_name(strip.method))
            jumped = t - 1 in strip.jumps[0]
            ax.spines[:].set(visible=True, color=BOX_COLOUR if jumped else "#DDDDDD", linewidth=2.5 if jumped else 0.7)
            if postures is None:
                ax.text(0, 1, "no path", ha="center", color="#444444")
                continue
            ax.axhline(0, color="#BBBBBB", linewidth=0.8, zorder=1)
            stick_figure(ax, postures[t], arrays["rig_parents"])

    draw(0)
    # The layout of the first frame for all of them: it takes longer than drawing one.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return FuncAnimation(figure, draw, frames=strips[0].graph.shape[1], init_func=lambda: None)
