"""Examples that are points and no pictures, as scatter plots: samples, reconstructions, interpolations, splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vhp.figures.colours import PATH_COLOURS, method_colours
from vhp.figures.interpolation_strips import BOX_COLOUR, Strips
from vhp.figures.latent_graph import principal_plane
from vhp.figures.samples import Samples
from vhp.figures.style import say_outside, styled
from vhp.names import method_name
from vhp.seeds import CONTACT_SHEET_SEED

SAMPLES_CAPTION = (
    "Top: decoded samples of the prior (first seed; the decoder's means), over the test examples in grey. Bottom: test "
    "examples (dots), each joined to its reconstruction. One scale for all panels, that of the test examples; a panel "
    "says how many samples or reconstructions are outside."
)
PATHS_CAPTION = (
    "Decoded interpolations (first seed) between the same pairs of test examples (dots) for every method: along the "
    "graph's shortest paths (solid) and the straight lines between the same ends (dashed), over the test examples in "
    "grey. Blue: discontinuities of the former. One scale for all panels."
)
SPLITS_CAPTION = "Examples of each split, drawn at random. One scale for all panels."
N_POINTS = 1_000  # of a split, at most
N_PATHS = 3
GREY, SIZE, PANEL = "#BBBBBB", 3, 2.0  # of the data's points; inches
MARGIN = 0.05  # of the data's extent


@dataclass(frozen=True)
class View:
    """A plane in the space of the data, and what its axes are called."""

    origin: np.ndarray  # (D,)
    basis: np.ndarray  # (D, 2)
    labels: tuple[str, str]
    low: np.ndarray  # (2,) of the data, in the plane
    high: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(..., D) -> (..., 2)."""
        return (x - self.origin) @ self.basis

    def frame(self, ax: Axes) -> None:
        margin = MARGIN * np.maximum(self.high - self.low, 1e-12)
        (left, bottom), (right, top) = self.low - margin, self.high + margin
        ax.set(xlim=(left, right), ylim=(bottom, top))
        ax.locator_params(nbins=4)


def view(coordinates: Sequence[str], x: np.ndarray) -> View:
    """Of two coordinates their plane; of more that of the largest variance of x (N, D)."""
    if len(coordinates) == 2:
        origin, basis, labels = np.zeros(2), np.eye(2), (coordinates[0], coordinates[1])
    else:
        origin, basis, share = principal_plane(x)
        labels = (f"principal component 1 ({share[0]:.0%})", f"principal component 2 ({share[1]:.0%})")
    shown = (x - origin) @ basis
    return View(origin, basis, labels, shown.min(0), shown.max(0))


@styled
def samples(runs: Sequence[Samples], seen: View, test: np.ndarray) -> Figure:
    """A column per method, samples above reconstructions. test: (N, D)."""
    figure, axes = _panels(2, len(runs), seen)
    colours = method_colours(run.method for run in runs)
    for (top, bottom), run in zip(axes.T, runs, strict=True):
        _data(top, seen(test))
        top.scatter(*seen(run.samples).T, s=3 * SIZE, color=colours[run.method], linewidths=0)
        top.set_title(method_name(run.method))
        say_outside(top, seen(run.samples))
        lines = np.stack([seen(run.originals), seen(run.reconstructions)], axis=1)
        bottom.plot(*lines.transpose(2, 1, 0), color=colours[run.method], linewidth=0.8)
        bottom.scatter(*lines[:, 0].T, s=3 * SIZE, color="#333333", linewidths=0, zorder=3)
        say_outside(bottom, seen(run.reconstructions))
    axes[0, 0].set_ylabel(f"prior samples\n{seen.labels[1]}")
    axes[1, 0].set_ylabel(f"reconstructions\n{seen.labels[1]}")
    return figure


@styled
def paths(strips: Sequence[Strips], seen: View, test: np.ndarray) -> Figure:
    """A panel per method with N_PATHS paths. test: (N, D)."""
    figure, (axes,) = _panels(1, len(strips), seen)
    for ax, strip in zip(axes, strips, strict=True):
        _data(ax, seen(test))
        ax.set_title(method_name(strip.method))
        for path, colour in zip(range(min(N_PATHS, len(strip.ends))), PATH_COLOURS, strict=False):
            curve = seen(strip.graph[path])
            ax.plot(*seen(strip.straight[path]).T, color=colour, linewidth=0.8, linestyle="--")
            ax.plot(*curve.T, color=colour, linewidth=1.4)
            for t in strip.jumps[path]:
                ax.plot(*curve[t : t + 2].T, color=BOX_COLOUR, linewidth=2.5)
            ax.plot(*seen(strip.ends[path]).T, "o", color=colour, markersize=4, markeredgecolor="white")
    axes[0].set_ylabel(seen.labels[1])
    return figure


@styled
def splits(arrays: Mapping[str, np.ndarray], coordinates: Sequence[str]) -> Figure:
    """A panel per split. arrays: train, val, test (N, D)."""
    seen = view(coordinates, arrays["train"])
    figure, (axes,) = _panels(1, 3, seen)
    rng = np.random.Generator(np.random.PCG64(CONTACT_SHEET_SEED))
    for ax, split in zip(axes, ("train", "val", "test"), strict=True):
        x, y = seen(_some(arrays[split], rng)).T
        ax.scatter(x, y, s=SIZE, color="#333333", linewidths=0)
        ax.set_title(split)
    axes[0].set_ylabel(seen.labels[1])
    return figure


def _panels(rows: int, columns: int, seen: View) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(PANEL * columns + 0.5, PANEL * rows + 0.5))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    seen.frame(axes[0, 0])
    for ax in axes[-1]:
        ax.set_xlabel(seen.labels[0])
    return figure, axes


def _data(ax: Axes, points: np.ndarray) -> None:
    """The same of them in every panel."""
    shown = _some(points, np.random.Generator(np.random.PCG64(CONTACT_SHEET_SEED)))
    ax.scatter(shown[:, 0], shown[:, 1], s=SIZE, color=GREY, linewidths=0)


def _some(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """N_POINTS at most, drawn at random: a file may be sorted."""
    return points[np.sort(rng.permutation(len(points))[:N_POINTS])]
