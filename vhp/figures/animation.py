"""One interpolation as a moving picture, all methods side by side."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vhp.figures.interpolation_strips import BOX_COLOUR, N_FRAMES, Strips, shown_frames
from vhp.figures.mosaic import Draw, scaled
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "The .gif has the first pair's path on the graph as a moving picture, forwards, then backwards; a blue frame "
    "there: the step just made holds a discontinuity."
)
SHADES = 12  # of grey: with 256 the file would be several times as large
WIDTH = 1.0  # inches of a panel


class Window(NamedTuple):
    """What a panel shows."""

    x: tuple[float, float]  # from its left to its right edge, in units of the data
    y: tuple[float, float]  # from its bottom to its top
    width: float  # inches

    @property
    def height(self) -> float:
        return self.width * abs((self.y[1] - self.y[0]) / (self.x[1] - self.x[0]))


@styled
def animation(strips: Sequence[Strips], draw: Draw, limits: tuple[float, float]) -> FuncAnimation:
    """A panel per method with its first path, forwards and backwards: the frames of interpolation_strips, which see."""
    frames = shown_frames(strips[0].graph.shape[1], N_FRAMES).tolist()
    pictures = [dict(zip(frames, scaled(draw(strip.graph[0, frames]), limits), strict=True)) for strip in strips]
    height, width = pictures[0][0].shape

    def show(ax: Axes, method: int, t: int) -> None:
        few = np.rint(pictures[method][t] * (SHADES - 1)) / (SHADES - 1)
        ax.imshow(few, cmap="gray", vmin=0, vmax=1, interpolation="nearest")

    window = Window((-0.5, width - 0.5), (height - 0.5, -0.5), WIDTH)
    return side_by_side(strips, [*frames, *frames[-2::-1]], window, show)


def side_by_side(
    strips: Sequence[Strips],
    times: Sequence[int],
    window: Window,
    show: Callable[[Axes, int, int], None],
    title: str = "",
) -> FuncAnimation:
    """A panel per method, which show(axes, index of the method, t) fills anew at each of the times.

    times: frames of the first path, as they are seen one after the other; of a pair without a path nothing is shown.
    """
    figure = Figure(figsize=(window.width * len(strips), window.height + (0.5 if title else 0.3)))
    axes = figure.subplots(1, len(strips), squeeze=False)[0]
    if title:
        figure.suptitle(title, fontsize=9)
    missing = [bool(np.isnan(strip.graph[0]).any()) for strip in strips]
    for ax, strip, nothing in zip(axes, strips, missing, strict=True):
        ax.set(xlim=window.x, ylim=window.y, aspect="equal", xticks=[], yticks=[], title=method_name(strip.method))
        ax.spines[:].set_visible(True)
        if nothing:
            ax.text(0.5, 0.5, "no path", transform=ax.transAxes, ha="center", color="#444444")

    def draw(i: int) -> None:
        before, after = sorted((times[max(i - 1, 0)], times[i]))
        for method, (ax, strip) in enumerate(zip(axes, strips, strict=True)):
            jumped = any(before <= jump < after for jump in strip.jumps[0])
            ax.spines[:].set(color=BOX_COLOUR if jumped else "#DDDDDD", linewidth=2.5 if jumped else 0.7)
            # Not ax.clear(), which would make the ticks anew: most of the time of drawing a frame.
            for artist in (*ax.images, *ax.lines, *ax.collections, *ax.patches):
                artist.remove()
            if not missing[method]:
                show(ax, method, times[i])

    draw(0)
    # The layout of the first frame for all of them: it takes longer than drawing one.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return FuncAnimation(figure, draw, frames=len(times), init_func=lambda: None)
