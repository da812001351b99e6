"""A parameter study: what each method reaches at each value of one parameter."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, StrMethodFormatter

from vhp.figures.colours import method_colours
from vhp.figures.style import styled
from vhp.names import METHODS, dataset_name, method_name, position

CAPTION = (
    "Means over the seeds; error bars, where there are several: their standard deviation. Negative test "
    "log-likelihood, validation bound at β = 1, and β and C at the end of training; dashed: κ². C is per dimension of "
    "the data: nats of binary data, squared units of real values."
)
PANELS = {
    "nll": "NLL (nats)",
    "best_validation_bound": "validation bound (nats)",
    "beta_final": "β, end of training",
    "constraint_final": "C, κ² / dimension",
}


@styled
def study(results: pd.DataFrame) -> Figure:
    """A row of panels per data set. results: columns dataset, method, param, value, kappa and those of PANELS."""
    colours = method_colours(results["method"])
    methods = sorted(results["method"].unique(), key=lambda m: position(m, METHODS))
    datasets = results["dataset"].unique()
    figure = Figure(figsize=(2.5 * len(PANELS), 2.6 * len(datasets) + 0.3))
    axes = figure.subplots(len(datasets), len(PANELS), squeeze=False)
    for row, dataset in zip(axes, datasets, strict=True):
        chosen = results[results["dataset"] == dataset]
        places = _places(chosen["value"])
        for ax, (column, label) in zip(row, PANELS.items(), strict=True):
            for method in methods:
                _draw(ax, chosen[chosen["method"] == method], column, colours[method], places)
            if column == "constraint_final":
                _kappa_squared(ax, chosen, places)
            if column == "beta_final":
                ax.set_yscale("log")
                if chosen[column].max() < 100 * chosen[column].min():  # else powers of ten say enough
                    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
                ax.axhline(1, color="#444444", linewidth=0.7, linestyle=":")
            _values(ax, places)
            ax.set(xlabel=chosen["param"].iloc[0], ylabel=label)
            ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        row[0].set_title(dataset_name(dataset), loc="left")
    handles = [Line2D([], [], color=colours[m], marker="o", markersize=4, label=method_name(m)) for m in methods]
    if results["kappa"].notna().any():
        handles.append(Line2D([], [], color="#444444", linestyle="--", linewidth=0.9, label="κ²"))
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles))
    return figure


def _places(values: Iterable) -> dict[Any, float]:
    """Where each value is on the axis: numbers at their values, words side by side."""
    once = list(dict.fromkeys(values))
    numeric = all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in once)
    return {value: float(value) if numeric else float(i) for i, value in enumerate(once)}


def _draw(ax: Axes, runs: pd.DataFrame, column: str, colour: str, places: Mapping[Any, float]) -> None:
    groups = runs.assign(place=runs["value"].map(places)).groupby("place")[column]  # in the order of the axis
    x, mean, deviation = groups.mean().index.to_numpy(), groups.mean().to_numpy(), groups.std().fillna(0).to_numpy()
    ax.errorbar(x, mean, deviation, color=colour, marker="o", markersize=3.5, capsize=2, lw=1.3)


def _kappa_squared(ax: Axes, runs: pd.DataFrame, places: Mapping[Any, float]) -> None:
    known = runs.dropna(subset="kappa")
    kappa = known.assign(place=known["value"].map(places)).groupby("place")["kappa"].first()
    if len(kappa):
        ax.plot(kappa.index, kappa**2, color="#444444", linestyle="--", linewidth=0.9, zorder=1)


def _values(ax: Axes, places: Mapping[Any, float]) -> None:
    x = np.array(list(places.values()))
    if x.min() > 0 and x.max() / x.min() > 10:
        ax.set_xscale("log")
    ax.set_xticks(x, [f"{v:g}" if isinstance(v, float) else str(v) for v in places])
    ax.tick_params(axis="x", labelrotation=45)  # values may lie close together
    ax.minorticks_off()
