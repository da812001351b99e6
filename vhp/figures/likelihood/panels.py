"""What figures with a panel per data set share: their layout, and each method's marks."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vhp.figures.colours import method_looks
from vhp.names import METHODS, dataset_name, position

COLUMNS = 4
PANEL = (2.3, 2.0)  # inches
ENTRY = 1.2  # inches, of a legend: about the widest


def panels(
    datasets: Iterable[str], x: str, y: str, columns: int = COLUMNS, panel: tuple[float, float] = PANEL
) -> tuple[Figure, dict[str, Axes]]:
    """The figure, and for each data set its axes, with its title; in rows of so many columns at most.

    x, y: labels of all axes. panel: width and height of each, inches.
    """
    names = list(dict.fromkeys(datasets))
    columns = min(columns, len(names))
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(panel[0] * columns + 0.3, panel[1] * rows + 0.6))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, dataset in zip(axes, names, strict=False):
        ax.set_title(dataset_name(dataset))
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        ax.set_axisbelow(True)
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    figure.supxlabel(x, fontsize=8.5)
    figure.supylabel(y, fontsize=8.5)
    return figure, dict(zip(names, axes, strict=False))


def method_marks(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour, marker and its size of each method, in the order of the paper's table."""
    ordered = sorted(set(methods), key=lambda name: position(name, METHODS))
    looks = method_looks(ordered)
    return {m: {"color": looks[m][0], "marker": looks[m][1], "markersize": 5} for m in ordered}


def spread(n: int, width: float) -> np.ndarray:
    """(n,) evenly spaced offsets around 0, which together take this width."""
    return np.linspace(-width / 2, width / 2, n) if n > 1 else np.zeros(n)


def legend(figure: Figure, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Above all panels; a row of it has no more entries than fit."""
    fitting = max(1, int(figure.get_figwidth() / ENTRY))
    figure.legend(handles, names, loc="outside upper center", ncols=min(fitting, len(names)))
