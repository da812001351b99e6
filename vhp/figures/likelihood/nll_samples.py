"""How far a likelihood has come with the importance samples spent: what each run's first samples give."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vhp.figures.likelihood.panels import legend, method_marks, panels
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Negative test log-likelihood from the first 1, 10, 100, ... of the encoder's importance samples: in expectation a "
    "bound that falls to the true value. A line per run, which ends at the encoder's estimate from all of them; where "
    "it still falls there, more samples would give less. Hollow, to the right: the refined estimate, from better "
    "proposals. Each panel has room for what two or more samples give. A line that leaves it comes from the value of "
    "a single sample, which can be hundreds of nats above."
)
APART = 1.5  # the refined estimate's place, in units of all samples


@dataclass(frozen=True)
class Curve:
    """Of one run, nats."""

    dataset: str
    method: str
    samples: Sequence[int]  # 1 and at least one more, rising
    nll: Sequence[float]  # from so many of the first samples, the mean over the test examples
    refined: float | None


@styled
def nll_samples(curves: Sequence[Curve]) -> Figure:
    """A panel per data set."""
    marks = method_marks(curve.method for curve in curves)
    figure, axes = panels((curve.dataset for curve in curves), "importance samples", "NLL (nats)")
    for dataset, ax in axes.items():
        own = [curve for curve in curves if curve.dataset == dataset]
        for curve in own:
            look = marks[curve.method] | {"markersize": 4}
            ax.plot(curve.samples, curve.nll, linewidth=1.1, **look)
            if curve.refined is not None:
                ax.plot(APART * curve.samples[-1], curve.refined, markerfacecolor="none", **look | {"markersize": 5.5})
        shown = [v for curve in own for v in (*curve.nll[1:], curve.refined) if v is not None]
        margin = 0.08 * (max(shown) - min(shown)) or 1.0
        ax.set(xscale="log", ylim=(min(shown) - margin, max(shown) + margin))
    handles = [Line2D([], [], linewidth=1.1, **look) for look in marks.values()]
    names = list(map(method_name, marks))
    if any(curve.refined is not None for curve in curves):
        handles.append(Line2D([], [], linestyle="none", marker="o", color="#444444", markerfacecolor="none"))
        names.append("refined")
    legend(figure, handles, names)
    return figure
