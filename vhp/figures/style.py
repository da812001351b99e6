"""One look for every figure: fonts, resolution, deterministic PNG files."""

import functools
import io
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib.style
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

DPI = 130
PICTURE_DPI = 150  # of what is a picture in vector graphics: at 200 a graph of many edges takes more than 2 MB
MAX_BYTES = 250_000  # the report is read on telephones, and is in git
COLOURS = 160
ANIMATION_DPI = 80
FRAMES_PER_SECOND = 12

RC = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}

P = ParamSpec("P")
Drawing = TypeVar("Drawing", Figure, FuncAnimation)


def styled(draw: Callable[P, Drawing]) -> Callable[P, Drawing]:
    """Decorator: draw under this style, whatever the user's matplotlibrc says."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        with matplotlib.style.context(["default", RC]):
            return draw(*args, **kwargs)

    return wrapper


def say_outside(ax: Axes, points: np.ndarray, fontsize: float = 7) -> None:
    """In the corner how many of the points (n, 2) are outside the axes' limits, if any are."""
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    if n := int(((points < low) | (points > high)).any(-1).sum()):
        corner_note(ax, f"{n} of {len(points):,} outside", fontsize)


def corner_note(ax: Axes, text: str, fontsize: float = 7) -> None:
    ax.text(0.99, 0.01, text, transform=ax.transAxes, ha="right", va="bottom", fontsize=fontsize, color="#444444")


def save(figure: Figure, path: Path) -> None:
    """PNG; one of more than MAX_BYTES is reduced to COLOURS colours, which divides its size by about three.

    Its bytes depend on the figure alone: the program's version, which matplotlib would add, is left out.
    """
    content = io.BytesIO()
    with matplotlib.style.context(["default", RC]):
        figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    if content.tell() <= MAX_BYTES:
        path.write_bytes(content.getvalue())
        return
    with Image.open(content) as image:
        # Maximum coverage: the default, median cut, mixes the few blue pixels of a box into the many greys.
        few = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, format="png")


def save_vector(figure: Figure, path: Path) -> None:
    """SVG with text as outlines, so that it looks the same without its fonts; its bytes depend on the figure alone."""
    with matplotlib.style.context(["default", RC | {"svg.hashsalt": "vhp"}]):
        figure.savefig(path, format="svg", dpi=PICTURE_DPI, metadata={"Date": None, "Creator": None})


def save_animation(animation: FuncAnimation, path: Path) -> None:
    """GIF, without end; its bytes depend on the animation alone."""
    with matplotlib.style.context(["default", RC]):
        animation.save(path, writer=PillowWriter(fps=FRAMES_PER_SECOND), dpi=ANIMATION_DPI)
