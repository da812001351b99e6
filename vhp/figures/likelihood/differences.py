"""Forest plot: how far the methods of a data set differ, pair by pair, and how certain that is."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from vhp.figures.style import styled
from vhp.likelihood.nll_difference import DECIDED, decided
from vhp.names import method_name

CAPTION = (
    "Paired differences of the negative log-likelihood, on the same test examples: the first method minus the second, "
    f"with {DECIDED:g} standard errors to either side. Left of the line the first is better. Filled: decided, the "
    "interval does not reach the line."
)
DECIDED_COLOUR, OPEN_COLOUR = "#0072B2", "#6B6B6B"  # both over 4.5:1 on white


class Pair(NamedTuple):
    """Two methods and their difference."""

    first: str
    second: str
    difference: float  # nats, first - second
    error: float | None  # its standard error


@styled
def forest(pairs: Sequence[Pair]) -> Figure:
    """A row per pair, in the given order from top to bottom."""
    figure = Figure(figsize=(6.4, 0.9 + 0.26 * len(pairs)))
    axes = figure.subplots()
    axes.axvline(0, color="#444444", linewidth=0.8)
    for row, pair in enumerate(pairs):
        certain = decided(pair.difference, pair.error)
        colour = DECIDED_COLOUR if certain else OPEN_COLOUR
        reach = 0.0 if pair.error is None else DECIDED * pair.error
        axes.errorbar(
            pair.difference,
            row,
            xerr=reach,
            fmt="o",
            color=colour,
            markerfacecolor=colour if certain else "white",
            markersize=5,
            capsize=2.5,
            linewidth=1.4,
        )
    axes.set_yticks(range(len(pairs)), [f"{method_name(p.first)} − {method_name(p.second)}" for p in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel("difference of the NLL (nats)")
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure
