"""Which importance weights the likelihood of each test example rests on: effective samples and Pareto k-hat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from vhp.figures.colours import method_colours
from vhp.figures.style import styled
from vhp.likelihood.thresholds import LOW_ESS, NO_MEAN, NO_VARIANCE
from vhp.names import method_name

CAPTION = (
    "The weights behind the likelihood of each test example (first seed): the share of examples with at most so many "
    "effective samples, and with at most such a Pareto k-hat, the shape of the tail of their weights. With fewer than "
    f"{LOW_ESS:g} effective samples, or a k-hat above {NO_MEAN:g} (with few samples less: 0.5 with 100), an estimate "
    f"is not to be trusted; above {NO_VARIANCE:g} the weights have no finite variance. Dashed: the refined estimate. A "
    "curve that ends below 100 % has the rest farther right."
)
PER_EXAMPLE = ("effective_samples", "k_hat")  # what an estimate has of each example
RANGE = (-0.5, 1.5)  # of k-hat


@dataclass(frozen=True)
class Weights:
    """Of one run, for each estimate ("encoder", "refined") an entry per test example, (N,) each."""

    method: str
    effective_samples: Mapping[str, np.ndarray]
    k_hat: Mapping[str, np.ndarray]


@styled
def trust(runs: Sequence[Weights]) -> Figure:
    """Two panels, a curve per run and estimate."""
    colours = method_colours(run.method for run in runs)
    figure = Figure(figsize=(9.2, 3.2))
    samples, shapes = figure.subplots(1, 2, sharey=True)
    for run in runs:
        for ax, values in ((samples, run.effective_samples), (shapes, run.k_hat)):
            for estimate, of_examples in values.items():
                _steps(ax, of_examples, color=colours[run.method], linestyle="--" if estimate == "refined" else "-")
    samples.set(xscale="log", xlabel="effective samples", ylabel="share of test examples")
    shapes.set(xlim=RANGE, xlabel="Pareto k-hat", ylim=(0, 1.02))
    for ax, places in ((samples, (LOW_ESS,)), (shapes, (NO_VARIANCE, NO_MEAN))):
        for place in places:
            ax.axvline(place, color="#444444", linewidth=0.8, linestyle=":")
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    handles = [Line2D([], [], color=colours[run.method], label=method_name(run.method)) for run in runs]
    if any("refined" in run.k_hat for run in runs):
        handles.append(Line2D([], [], color="#444444", linestyle="--", label="refined"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _steps(ax: Axes, values: np.ndarray, **look: Any) -> None:
    """The empirical distribution function."""
    finite = np.sort(values[np.isfinite(values)])
    below = np.sum(values == -np.inf)  # weights that are equal have no tail
    share = (below + np.arange(1, len(finite) + 1)) / len(values)
    ax.step(finite, share, where="post", linewidth=1.3, **look)
