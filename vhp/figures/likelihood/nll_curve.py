"""How a run's likelihood falls while it trains: estimated at its checkpoints, beside the bound it is chosen by."""

import pandas as pd
from matplotlib.figure import Figure

from vhp.figures.colours import method_colours
from vhp.figures.style import styled
from vhp.names import dataset_name, method_name


@styled
def nll_curve(curve: pd.DataFrame, dataset: str, method: str) -> Figure:
    """Two curves in nats over the minutes of training, with the epochs above.

    curve: a row per checkpoint in the order of training, columns epoch, minutes, nll, nll_se, validation_bound.
    """
    figure = Figure(figsize=(5.2, 3.2))
    ax = figure.subplots()
    minutes = curve["minutes"]
    colour = method_colours([method])[method]
    ax.errorbar(
        minutes, curve["nll"], curve["nll_se"], label="test NLL", color=colour, marker="o", ms=3.5, capsize=2, lw=1.3
    )
    ax.plot(minutes, -curve["validation_bound"], "s--", color="#444444", ms=3, lw=1, label="− validation bound")
    ax.set(xlabel="minutes of training", ylabel="nats", title=f"{dataset_name(dataset)}, {method_name(method)}")
    ax.grid(axis="y", color="#dddddd", linewidth=0.5)
    epochs = ax.secondary_xaxis("top")
    epochs.set_xticks(minutes, [f"{epoch:.0f}" for epoch in curve["epoch"]])
    epochs.set_xlabel("epoch")
    ax.legend()
    return figure
