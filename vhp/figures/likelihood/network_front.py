"""Networks compared: nats against processor time, of the training and of the likelihood."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from vhp.figures.style import styled

# Colour and marker of a family, told apart with any colour vision; other families are grey.
FAMILIES = {"mlp": ("#5C3D00", "s"), "conv": ("#009E73", "D"), "patch": ("#0072B2", "o")}
OTHER = "#6B6B6B", "v"


@styled
def network_front(rows: pd.DataFrame, title: str) -> Figure:
    """Two panels: the negative validation bound over minutes of training, the NLL over seconds per image; in nats.

    rows: a row per network and time, columns network, family, processor_minutes, seconds_per_image, validation_bound,
    nll, and training_front, likelihood_front: whether no other row is better in both; such rows are named and joined.
    A network's times are joined by a thin line. No error bars: all networks are measured on the same images, and what
    those share moves all points together.
    """
    rows = rows.assign(negative_bound=-rows["validation_bound"])
    figure = Figure(figsize=(8.6, 4.2))
    left, right = figure.subplots(1, 2)
    _panel(left, rows, "processor_minutes", "negative_bound", "training_front")
    _panel(right, rows, "seconds_per_image", "nll", "likelihood_front")
    left.set(xlabel="processor minutes of training", ylabel="negative validation bound, nats")
    right.set(xlabel="processor seconds of the likelihood of an image", ylabel="NLL of validation images, nats")
    left.set_title(title, loc="left")
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper right", ncols=len(FAMILIES))
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, cost: str, value: str, front: str) -> None:
    for family, group in rows.groupby("family"):
        colour, marker = FAMILIES.get(family, OTHER)
        ax.plot(group[cost], group[value], marker, label=family, ms=4, color=colour)
        for _, times in group.sort_values(cost).groupby("network"):
            ax.plot(times[cost], times[value], color=colour, linewidth=0.6, alpha=0.6)
    best = rows[rows[front]].sort_values(cost)
    ax.step(best[cost], best[value], where="post", color="#444444", linewidth=1, zorder=0)
    for row in best.itertuples():
        place = (getattr(row, cost), getattr(row, value))
        ax.annotate(row.network, place, xytext=(4, 4), textcoords="offset points", fontsize=6.5)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.margins(x=0.12)  # a place for the last name
    ax.grid(color="#dddddd", linewidth=0.5)
