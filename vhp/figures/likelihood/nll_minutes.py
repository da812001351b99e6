"""What a minute of training is worth: the likelihood of every run against the time that its training took."""

import math

import pandas as pd
from matplotlib.figure import Figure

from vhp.figures.colours import METHOD_MARKERS, method_colours
from vhp.figures.style import styled
from vhp.names import METHODS, dataset_name, method_name, position

CAPTION = (
    "Negative test log-likelihood against the minutes of training: a mark per run, so one for each seed; "
    "bars: standard error over the test examples. Down and to the left is better. Minutes of different machines "
    "cannot be compared; the table of provenance says which was whose."
)
COLUMNS = 4
PANEL = (2.3, 2.0)  # inches


@styled
def nll_minutes(runs: pd.DataFrame) -> Figure:
    """A panel per data set. runs: a row each, columns dataset, method, nll, nll_se (NaN if not known), minutes."""
    datasets = list(dict.fromkeys(runs["dataset"]))
    methods = sorted(runs["method"].unique(), key=lambda name: position(name, METHODS))
    colours, columns = method_colours(methods), min(COLUMNS, len(datasets))
    rows = math.ceil(len(datasets) / columns)
    figure = Figure(figsize=(PANEL[0] * columns + 0.3, PANEL[1] * rows + 0.6))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, dataset in zip(axes, datasets, strict=False):
        for method in methods:
            own = runs[(runs["dataset"] == dataset) & (runs["method"] == method)]
            look = {"color": colours[method], "marker": METHOD_MARKERS.get(method, "*"), "markersize": 5}
            ax.errorbar(own["minutes"], own["nll"], own["nll_se"], linestyle="none", capsize=2, linewidth=1, **look)
        ax.set_title(dataset_name(dataset))
        ax.margins(x=0.15, y=0.12)
        ax.set_xlim(left=0)
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        ax.set_axisbelow(True)
    for ax in axes[len(datasets) :]:
        ax.set_axis_off()
    figure.supxlabel("minutes of training", fontsize=8.5)
    figure.supylabel("NLL (nats)", fontsize=8.5)
    handles = axes[0].containers
    figure.legend(handles, list(map(method_name, methods)), loc="outside upper center", ncols=len(methods))
    return figure
