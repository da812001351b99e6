"""One look for every figure: colours of the methods, fonts, resolution, deterministic PNG files."""

import functools
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib.style
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure
from PIL import Image

DPI = 130
MAX_BYTES = 250_000  # the report is read on telephones, and kept in git
COLOURS = 160
ANIMATION_DPI = 80
FRAMES_PER_SECOND = 12

# The colours are Okabe and Ito's (2008): told apart with any colour vision.
METHOD_COLOURS = {
    "vhp_rewo": "#0072B2",
    "vhp_geco": "#D55E00",
    "vampprior": "#009E73",
    "iwae_l1": "#E69F00",
    "iwae_l2": "#CC79A7",
}
# Of four paths in one picture: the same palette without the blue of a graph and of a discontinuity's box.
PATH_COLOURS = ("#E69F00", "#009E73", "#CC79A7", "#000000")
SPARE_COLOURS = ("#000000", "#56B4E9", "#8C8C8C")

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


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """A colour per method, the same in every figure; methods that the poster does not have share the spare ones."""
    others = [m for m in sorted(set(methods)) if m not in METHOD_COLOURS]
    return METHOD_COLOURS | {m: SPARE_COLOURS[i % len(SPARE_COLOURS)] for i, m in enumerate(others)}


def styled(draw: Callable[P, Drawing]) -> Callable[P, Drawing]:
    """Decorator: draw under this style, whatever the user's matplotlibrc says."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        with matplotlib.style.context(["default", RC]):
            return draw(*args, **kwargs)

    return wrapper


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


def save_animation(animation: FuncAnimation, path: Path) -> None:
    """GIF, without end; its bytes depend on the animation alone."""
    with matplotlib.style.context(["default", RC]):
        animation.save(path, writer=PillowWriter(fps=FRAMES_PER_SECOND), dpi=ANIMATION_DPI)
