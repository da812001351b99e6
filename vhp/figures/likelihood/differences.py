"""Forest plot: how far the methods of a data set differ, pair by pair, and how certain that is."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vhp.figures.style import styled
from vhp.likelihood.nll_difference import DECIDED, PairedDifference, margin
from vhp.names import method_name

CAPTION = (
    "Paired differences of the negative log-likelihood, on the same test examples: the first method minus the second, "
    f"with {DECIDED:g} standard errors to either side, of few seeds as many more as are as certain. Circle: by the "
    "encoder's samples; diamond below it: by the refined estimate, where there is one. Left of the line the first is "
    "better. Filled: decided, no interval reaches the line, and both are on one side of it."
)
DECIDED_COLOUR, OPEN_COLOUR = "#0072B2", "#6B6B6B"  # both over 4.5:1 on white


class Pair(NamedTuple):
    """Two methods and their difference, nats: NLL of the first minus that of the second."""

    first: str
    second: str
    difference: PairedDifference
    refined: PairedDifference | None
    decided: bool


@styled
def forest(pairs: Sequence[Pair]) -> Figure:
    """A row per pair, in the given order from top to bottom."""
    figure = Figure(figsize=(6.4, 0.9 + (0.26 if all(pair.refined is None for pair in pairs) else 0.36) * len(pairs)))
    axes = figure.subplots()
    axes.axvline(0, color="#444444", linewidth=0.8)
    for row, pair in enumerate(pairs):
        if pair.refined is None:
            _interval(axes, row, pair.difference, pair.decided, "o")
        else:
            _interval(axes, row - 0.15, pair.difference, pair.decided, "o")
            _interval(axes, row + 0.2, pair.refined, pair.decided, "D")
    axes.set_yticks(range(len(pairs)), [f"{method_name(p.first)} − {method_name(p.second)}" for p in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel("difference of the NLL (nats)")
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _interval(axes: Axes, y: float, found: PairedDifference, decided: bool, marker: str) -> None:
    colour = DECIDED_COLOUR if decided else OPEN_COLOUR
    axes.errorbar(
        found.mean,
        y,
        xerr=0.0 if found.se is None else margin(found.se, found.df),
        fmt=marker,
        color=colour,
        markerfacecolor=colour if decided else "white",
        markersize=5 if marker == "o" else 4,
        capsize=2.5,
        linewidth=1.4,
    )
