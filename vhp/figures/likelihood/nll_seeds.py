"""What another seed changes: the likelihood of each of a method's trainings, which differ in nothing else."""

import pandas as pd
from matplotlib.figure import Figure

from vhp.figures.likelihood.panels import method_marks, panels, spread
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Negative test log-likelihood of every training of a method: a mark per seed, from which the first weights, the "
    "batches and the training's noise are drawn; bars: Monte Carlo standard error of the estimate, often smaller than "
    "the mark; short lines: mean over the seeds. The spread over the seeds is what another training would change. The "
    "standard error of a paired difference contains it for a method with several seeds. Of a single training nothing "
    "is known of it: the difference of two such methods is to be compared with the spread seen here."
)
COLUMNS, PANEL = 3, (3.0, 2.4)  # inches
SPREAD, HALF = 0.4, 0.32  # of the distance between methods: over which the seeds lie, and half the mean's line


@styled
def nll_seeds(runs: pd.DataFrame) -> Figure:
    """A panel per data set. runs: a row each, columns dataset, method, seed, nll, nll_mc_se."""
    marks = method_marks(runs["method"])
    figure, axes = panels(runs["dataset"], "", "NLL (nats)", COLUMNS, PANEL)
    for dataset, ax in axes.items():
        of_dataset = runs[runs["dataset"] == dataset]
        methods = [method for method in marks if (of_dataset["method"] == method).any()]
        for place, method in enumerate(methods):
            own = of_dataset[of_dataset["method"] == method].sort_values("seed")
            places = place + spread(len(own), SPREAD)
            ax.errorbar(places, own["nll"], own["nll_mc_se"], linestyle="none", capsize=2, linewidth=1, **marks[method])
            if len(own) > 1:
                ax.hlines(own["nll"].mean(), place - HALF, place + HALF, color="#444444", linewidth=1)
        ax.set_xticks(range(len(methods)), list(map(method_name, methods)), rotation=30, ha="right")
        ax.set_xlim(-0.6, len(methods) - 0.4)
        ax.margins(y=0.12)
    return figure
