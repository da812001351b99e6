"""What a minute of training is worth: the likelihood of every run against the time that its training took."""

import pandas as pd
from matplotlib.figure import Figure

from vhp.figures.likelihood.panels import legend, method_marks, panels
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Negative test log-likelihood against the minutes of training: a mark per run, so one for each seed; "
    "bars: standard error over the test examples. Down and to the left is better. Minutes of different machines "
    "cannot be compared; the table of provenance says which was whose."
)


@styled
def nll_minutes(runs: pd.DataFrame) -> Figure:
    """A panel per data set. runs: a row each, columns dataset, method, nll, nll_se (NaN if not known), minutes."""
    marks = method_marks(runs["method"])
    figure, axes = panels(runs["dataset"], "minutes of training", "NLL (nats)")
    for dataset, ax in axes.items():
        for method, look in marks.items():
            own = runs[(runs["dataset"] == dataset) & (runs["method"] == method)]
            ax.errorbar(own["minutes"], own["nll"], own["nll_se"], linestyle="none", capsize=2, linewidth=1, **look)
        ax.margins(x=0.15, y=0.12)
        ax.set_xlim(left=0)
    legend(figure, next(iter(axes.values())).containers, list(map(method_name, marks)))  # type: ignore[arg-type]
    return figure
