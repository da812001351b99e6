"""How a run's likelihood falls while it trains: estimated at its checkpoints, beside the bound it is chosen by."""

import pandas as pd
from matplotlib.figure import Figure

from vhp.figures.style import METHOD_COLOURS, styled


@styled
def nll_curve(found: pd.DataFrame, title: str) -> Figure:
    """Two curves over the minutes of training, with the epochs above.

    found: a row per checkpoint in the order of training, columns epoch, minutes, nll, nll_se, validation_bound.
    """
    figure = Figure(figsize=(5.2, 3.2))
    ax = figure.subplots()
    ax.errorbar(
        *(found["minutes"], found["nll"], found["nll_se"]),
        **{"color": METHOD_COLOURS["vhp_rewo"], "marker": "o", "markersize": 3.5, "capsize": 2, "linewidth": 1.3},
        label="test NLL",
    )
    ax.plot(
        *(found["minutes"], -found["validation_bound"]),
        **{"color": METHOD_COLOURS["vhp_geco"], "marker": "s", "markersize": 3, "linewidth": 1.0, "linestyle": "--"},
        label="− validation bound",
    )
    ax.set(xlabel="minutes of training", ylabel="nats", title=title)
    ax.grid(axis="y", color="#dddddd", linewidth=0.5)
    epochs = ax.secondary_xaxis("top")
    epochs.set_xticks(found["minutes"], [f"{epoch:.0f}" for epoch in found["epoch"]])
    epochs.set_xlabel("epoch")
    ax.legend()
    return figure
