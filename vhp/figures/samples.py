"""What a model generates and reconstructs: decoded prior samples, and originals above their reconstructions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.mosaic import Draw, mosaic
from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Top: decoded samples of the prior (first seed; the decoder's means). "
    "Bottom: test images, each above its reconstruction."
)
COLUMNS = 8


@dataclass(frozen=True)
class Samples:
    """Images of one run; their number is a multiple of COLUMNS."""

    method: str
    samples: np.ndarray  # (n, D) decoded prior samples
    originals: np.ndarray  # (m, D) test images
    reconstructions: np.ndarray  # (m, D)


@styled
def samples(runs: Sequence[Samples], draw: Draw, limits: tuple[float, float]) -> Figure:
    """A column per method. draw: see Draw; limits: see mosaic."""
    width = 2.0
    canvases = [
        (
            mosaic(_rows(draw(run.samples))[None], limits)[0],
            mosaic(np.stack([_rows(draw(x)) for x in (run.originals, run.reconstructions)], 1), limits)[0],
        )
        for run in runs
    ]
    heights = [width * canvas.shape[0] / canvas.shape[1] for canvas in canvases[0]]
    figure = Figure(figsize=((width + 0.1) * len(runs) + 0.25, sum(heights) + 0.4))
    axes = figure.subplots(2, len(runs), squeeze=False, height_ratios=heights)
    for column, (run, pair) in enumerate(zip(runs, canvases, strict=True)):
        axes[0, column].set_title(method_name(run.method))
        for ax, canvas in zip(axes[:, column], pair, strict=True):
            ax.imshow(canvas, cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
    axes[0, 0].set_ylabel("prior samples")
    axes[1, 0].set_ylabel("test images and\nreconstructions")
    return figure


def _rows(images: np.ndarray) -> np.ndarray:
    """(n, height, width) -> (n / COLUMNS, COLUMNS, height, width)."""
    return images.reshape(-1, COLUMNS, *images.shape[1:])
