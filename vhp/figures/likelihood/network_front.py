"""Networks compared: nats against processor time, of the training and of the likelihood."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vhp.figures.style import styled

# Okabe and Ito's, as in vhp.figures.colours; other families are grey.
FAMILY_COLOURS = {"mlp": "#E69F00", "conv": "#009E73", "patch": "#0072B2"}
OTHER = "#8C8C8C"


@styled
def network_front(rows: pd.DataFrame, title: str) -> Figure:
    """Two panels, NLL in nats over minutes of training and over seconds per image, both logarithmic.

    rows: a row per network and time, columns network, family, processor_minutes, seconds_per_image, nll, nll_se, and
    training_front, likelihood_front: whether no other row is better in both; such rows are named and joined.
    """
    figure = Figure(figsize=(8.6, 3.9))
    left, right = figure.subplots(1, 2, sharey=True)
    _panel(left, rows, "processor_minutes", "training_front")
    _panel(right, rows, "seconds_per_image", "likelihood_front")
    left.set(xlabel="processor minutes of training", ylabel="NLL of validation images, nats")
    right.set(xlabel="processor seconds of the likelihood of an image")
    right.legend(loc="upper right")
    figure.suptitle(title, fontsize=9)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, cost: str, front: str) -> None:
    for family, group in rows.groupby("family"):
        colour = FAMILY_COLOURS.get(family, OTHER)
        ax.errorbar(group[cost], group["nll"], group["nll_se"], label=family, fmt="o", ms=4, lw=0.8, color=colour)
    best = rows[rows[front]].sort_values(cost)
    ax.step(best[cost], best["nll"], where="post", color="#444444", linewidth=1, zorder=0)
    for row in best.itertuples():
        place = (getattr(row, cost), row.nll)
        ax.annotate(row.network, place, xytext=(4, 4), textcoords="offset points", fontsize=6.5)
    ax.set_xscale("log")
    ax.grid(color="#dddddd", linewidth=0.5)
