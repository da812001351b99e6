"""Training curves: how beta, the constraint and the parts of the objective move (paper: beta-update schemes)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vhp.figures.colours import method_colours
from vhp.figures.style import styled
from vhp.names import METHODS, method_name, position

CAPTION = (
    "Training: β, the constraint's moving average C against κ² (dashed), reconstruction and KL terms of the training "
    "batches, and the method's own bound on the validation images at β = 1. C is per dimension of the data: nats of "
    "binary data, squared units of real values. Dotted vertical lines: the step at which REWO passes from its initial "
    "to its main phase. One thick line per method for its first seed, thin lines for the "
    "others; where methods coincide, the first of the legend is on top. All axes but that of β are scaled to the last "
    "three quarters of training. Outliers of these are left out, each with a tick at the edge; an arrow says how "
    "far the curves go beyond it, the first quarter included."
)

# column of the history -> title, unit
PANELS = {
    "beta": ("β", "β"),
    "constraint": ("constraint", "C, κ² / dimension"),
    "reconstruction": ("reconstruction, −log p(x|z)", "nats"),
    "kl": ("KL bound, log q(z|x) − log p(z)", "nats"),
    "validation_bound": ("validation bound (β = 1)", "nats"),
}


# Interquartile ranges from the quartiles: one sample without weight can take the mean KL of IWAE's epoch to 1e19 nats.
OUTLIER = 10


@dataclass(frozen=True)
class Curve:
    """The training of one run."""

    method: str
    history: pd.DataFrame  # columns step and those of PANELS
    kappa: float | None  # None: the method has no constraint
    main_phase_step: int | None  # first step of the main phase; None: never reached


@styled
def training_curves(curves: Sequence[Curve]) -> Figure:
    """Five panels and a legend. curves: all runs of a data set; the first of each method is drawn thick."""
    colours = method_colours(c.method for c in curves)
    methods = sorted({c.method for c in curves}, key=lambda m: position(m, METHODS))
    figure = Figure(figsize=(9.6, 5.0))
    axes = figure.subplots(2, 3)
    for ax, (column, (title, label)) in zip(axes.flat, PANELS.items(), strict=False):
        lines = []
        for i, curve in enumerate(curves):
            first = curve.method not in {c.method for c in curves[:i]}
            # Many curves end on each other, at beta = 1: the table's first row is to be seen, not its last.
            lines.append(_draw(ax, curve, column, colours[curve.method], first, zorder=3 - i / len(curves)))
        ax.set(title=title, ylabel=label, xlabel="step")
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.grid(axis="y", color="#dddddd", linewidth=0.5)
        if column == "beta":
            ax.set_yscale("log")
        else:
            _limit_to_later_steps(ax, curves, column)
            _without_outliers(ax, lines)
            _say_what_is_outside(ax, curves, column)

    handles = [Line2D([], [], color=colours[m], linewidth=1.6, label=method_name(m)) for m in methods]
    if any(_main_phase_begins(c) for c in curves):
        handles.append(Line2D([], [], color="#444444", linestyle=":", label="main phase begins"))
    if any(c.kappa is not None for c in curves):
        handles.append(Line2D([], [], color="#444444", linestyle="--", linewidth=0.9, label="κ²"))
    axes[1, 2].set_axis_off()
    axes[1, 2].legend(handles=handles, loc="center left")
    return figure


def _draw(ax: Axes, curve: Curve, column: str, colour: str, first: bool, zorder: float) -> Line2D:
    """The curve's own line."""
    marker = "." if len(curve.history) < 15 else None  # a line through few points would hide how few they are
    look: dict[str, Any] = {
        "color": colour,
        "linewidth": 1.6 if first else 0.6,
        "marker": marker,
        "markersize": 4,
        "zorder": zorder,
    }
    (line,) = ax.plot(curve.history["step"], curve.history[column], **look)
    if column == "constraint" and curve.kappa is not None:
        ax.axhline(curve.kappa**2, color="#444444", linestyle="--", linewidth=0.9)
    if step := _main_phase_begins(curve):
        ax.axvline(step, color=colour, linestyle=":", linewidth=1.2 if first else 0.6)
    return line


def _main_phase_begins(curve: Curve) -> int | None:
    """In which step; None for a method without an initial phase, which is in the main one from step 1."""
    return None if curve.main_phase_step == 1 else curve.main_phase_step


def _limit_to_later_steps(ax: Axes, curves: Sequence[Curve], column: str) -> None:
    """Show all of every curve but its first quarter, and a margin: the first epochs would dwarf the rest."""
    late = np.concatenate([c.history[column].to_numpy(float)[len(c.history) // 4 :] for c in curves])
    late = late[np.isfinite(late)]
    if late.size:
        low, high = np.percentile(late, [25, 75])
        reach = OUTLIER * (high - low) or np.inf
        late = late[(late >= low - reach) & (late <= high + reach)]
    if column == "constraint":
        late = np.append(late, [c.kappa**2 for c in curves if c.kappa is not None])
    if late.size:
        margin = 0.25 * (np.ptp(late) or abs(late[0]) or 1.0)
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, late.min() - margin), min(high, late.max() + margin))


def _without_outliers(ax: Axes, lines: Sequence[Line2D]) -> None:
    """Where a curve is outside after its first quarter, a tick at the edge: lines there would hide the others."""
    low, high = ax.get_ylim()
    for line in lines:
        step, value = (np.asarray(data, float) for data in line.get_data())
        late = np.arange(len(step)) >= len(step) // 4
        above, below = late & (value > high), late & (value < low)
        line.set_data(step[~(above | below)], value[~(above | below)])
        for outside, edge in ((above, 1.0), (below, 0.0)):
            at = np.full(outside.sum(), edge)
            look: dict[str, Any] = {"marker": "|", "markersize": 6, "color": line.get_color()}
            ax.plot(step[outside], at, linestyle="none", transform=ax.get_xaxis_transform(), in_layout=False, **look)


def _say_what_is_outside(ax: Axes, curves: Sequence[Curve], column: str) -> None:
    """At the edge that curves cross, the value that the farthest reaches, and its method."""
    reached = [(value, c.method) for c in curves for value in c.history[column] if np.isfinite(value)]
    if not reached:
        return
    low, high = ax.get_ylim()
    look: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "fontsize": 7, "color": "#444444", "zorder": 4}
    look["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    for (value, method), outside, arrow, place in (
        (max(reached), max(reached)[0] > high, "↑", "top"),
        (min(reached), min(reached)[0] < low, "↓", "bottom"),
    ):
        if outside:
            ax.text(0.99, float(place == "top"), f"{arrow} {value:.3g} ({method_name(method)})", va=place, **look)
