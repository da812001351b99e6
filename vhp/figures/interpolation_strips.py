"""Decoded interpolations as strips of frames, discontinuities boxed (paper: pendulum reconstructions)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vhp.figures.mosaic import Draw, mosaic, scaled, stride
from vhp.figures.style import DPI, styled
from vhp.names import method_name

CAPTION = (
    "Decoded interpolations (first seed) between the same pairs of test examples for every method: each pair of strips "
    "shows the shortest path on the graph and the straight line between the same two ends. Apart, on the left and on "
    "the right, the two test examples themselves: the first and the last frame are their reconstructions. Blue boxes: "
    "discontinuities (jumps, or where a picture fades out), between the two frames they enclose. Where a path has "
    "more frames than fit, evenly spaced ones are drawn and a box stands for the interval that holds the discontinuity."
)
BOX_COLOUR = "#2F7FFF"
N_PATHS = 2  # per method
N_FRAMES = 18  # that fit side by side
WIDTH, LABELS = 9.2, 0.8  # inches: of the figure, and of it for the labels on the left


@dataclass(frozen=True)
class Strips:
    """The decoded interpolations of one run."""

    method: str
    graph: np.ndarray  # (P, T, D) decoded means along the graph's shortest paths; NaN where there is no path
    straight: np.ndarray  # (P, T, D) and along the straight lines
    jumps: Sequence[Sequence[int]]  # P lists of t: discontinuity between frames t and t + 1 of the graph path
    straight_jumps: Sequence[Sequence[int]]  # and of the straight line
    ends: np.ndarray  # (P, 2, D) the test examples that each path joins


@styled
def interpolation_strips(strips: Sequence[Strips], draw: Draw, limits: tuple[float, float]) -> Figure:
    """Two strips per path, N_PATHS paths per method. draw: see Draw; limits: see mosaic."""
    drawn = [_canvas(strip, draw, limits) for strip in strips]
    heights = [max(0.3, (WIDTH - LABELS) * canvas.shape[0] / canvas.shape[1]) for canvas, *_ in drawn]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.3 * len(strips)))
    axes = figure.subplots(len(strips), 1, squeeze=False, height_ratios=heights)[:, 0]
    for ax, strip, (canvas, tops, frames, shape) in zip(axes, strips, drawn, strict=True):
        ax.set_title(method_name(strip.method), loc="left")
        ax.spines[:].set_visible(False)
        ax.set(xticks=[], yticks=[])
        # Enlarged by half or more, a pixel is a square, which also makes for half the file. With less, rows of squares
        # would differ visibly in width, and neighbours are averaged.
        squares = 1.5 * canvas.shape[1] < (WIDTH - LABELS) * DPI
        ax.imshow(canvas, cmap="gray", vmin=0, vmax=1, interpolation="nearest" if squares else "auto")
        ax.set_anchor("E")
        ax.set_yticks((tops + shape[0] / 2 - 0.5).ravel(), ["graph", "straight"] * len(tops))
        ax.tick_params(length=0)
        for path, (top, straight_top) in enumerate(tops):
            if np.isnan(strip.graph[path]).any():
                ax.text(margin(shape[1]), top + shape[0] / 2, "no path", va="center", color="#444444")
            _boxes(ax, strip.jumps[path], frames, top, shape)
            _boxes(ax, strip.straight_jumps[path], frames, straight_top, shape)
    return figure


def margin(width: int) -> int:
    """How far the strips' first frame is from the canvas's left edge, pixels: a test example, and half of one."""
    return width + width // 2


def _canvas(
    strip: Strips, draw: Draw, limits: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]:
    """The canvas, the top of each strip (P, 2), the index of each frame drawn, and a frame's height and width."""
    frames = shown_frames(strip.graph.shape[1], N_FRAMES)
    pairs = np.stack([strip.graph[:N_PATHS, frames], strip.straight[:N_PATHS, frames]], axis=1)
    pictures = draw(pairs)
    strips, tops = mosaic(pictures, limits)
    height, width = pictures.shape[-2:]
    canvas = np.pad(strips, [(0, 0), (margin(width), margin(width))], constant_values=1)
    examples = scaled(draw(strip.ends[:N_PATHS]), limits)
    for top, (start, goal) in zip(tops.sum(1) // 2, examples, strict=True):  # halfway down the pair's two strips
        canvas[top : top + height, :width], canvas[top : top + height, -width:] = start, goal
    return canvas, tops, frames, (height, width)


def shown_frames(n_frames: int, n_wanted: int) -> np.ndarray:
    """Evenly spaced indices of frames, first and last included: all of them if they fit."""
    return np.rint(np.linspace(0, n_frames - 1, min(n_frames, n_wanted))).astype(int)


def jump_columns(jumps: Sequence[int], frames: np.ndarray) -> list[int]:
    """Which drawn frames have a discontinuity between themselves and the next drawn one; frames: see shown_frames."""
    return sorted({int(np.searchsorted(frames, t, side="right")) - 1 for t in jumps})


def _boxes(ax: Axes, jumps: Sequence[int], frames: np.ndarray, top: float, shape: tuple[int, int]) -> None:
    """A box around the two neighbouring drawn frames that enclose each discontinuity; one box where they share it."""
    height, width = shape
    for column in jump_columns(jumps, frames):
        ax.add_patch(
            Rectangle(
                (margin(width) + column * stride(width) - 0.5, top - 0.5),
                stride(width) + width,
                height,
                fill=False,
                edgecolor=BOX_COLOUR,
                linewidth=2,
                clip_on=False,
            )
        )
