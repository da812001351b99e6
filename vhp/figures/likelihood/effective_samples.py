"""How far a likelihood can be trusted: the importance samples that count in it."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from vhp.figures.likelihood.panels import legend, method_marks, spread
from vhp.figures.style import styled
from vhp.likelihood.thresholds import LOW_ESS
from vhp.names import dataset_name, method_name

CAPTION = (
    "Effective number of importance samples per test example: its mean (logarithmic), and the share of examples that "
    f"have fewer than {LOW_ESS:g}, whose estimates are usually too pessimistic, by an unknown amount. A mark per run."
)
WIDTH, ROW = 9.2, 0.42  # inches
SPREAD = 0.6  # of the distance between data sets, over which the methods lie


@styled
def effective_samples(runs: pd.DataFrame) -> Figure:
    """A row per data set. runs: a row each, columns dataset, method, ess and low, the share below ten in [0, 1]."""
    datasets = list(dict.fromkeys(runs["dataset"]))
    marks = method_marks(runs["method"])
    figure = Figure(figsize=(WIDTH, ROW * len(datasets) + 1.1))
    axes = figure.subplots(1, 2, sharey=True)
    handles = []
    for (method, look), offset in zip(marks.items(), spread(len(marks), SPREAD), strict=True):
        own = runs[runs["method"] == method]
        rows = [datasets.index(dataset) + offset for dataset in own["dataset"]]
        for ax, column in zip(axes, ("ess", "low"), strict=True):
            handles += ax.plot(own[column], rows, linestyle="none", **look)
    for ax in axes:
        ax.grid(axis="x", color="#dddddd", linewidth=0.5)
        ax.set_axisbelow(True)
        for between in range(1, len(datasets)):
            ax.axhline(between - 0.5, color="#dddddd", linewidth=0.5)
    axes[0].set(xscale="log", xlabel="mean effective number of samples")
    axes[0].set_yticks(range(len(datasets)), list(map(dataset_name, datasets)))
    axes[0].set_ylim(len(datasets) - 0.5, -0.5)
    axes[1].set(xlim=(-0.02, 1.02), xlabel=f"test examples with fewer than {LOW_ESS:g}")
    axes[1].xaxis.set_major_formatter(PercentFormatter(1))
    legend(figure, handles[::2], list(map(method_name, marks)))
    return figure
