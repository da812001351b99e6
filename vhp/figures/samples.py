"""What a model generates and what it keeps: decoded prior samples, and originals above their reconstructions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.mosaic import mosaic
from vhp.figures.style import method_name, styled

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
def samples(runs: Sequence[Samples], shape: tuple[int, int], limits: tuple[float, float]) -> Figure:
    """A column per method. shape: (height, width) of an image; limits: see mosaic."""
    width = 2.0
    canvases = [
        (
            mosaic(run.samples.reshape(1, -1, COLUMNS, *shape), limits)[0],
            mosaic(
                np.stack([run.originals, run.reconstructions]).reshape(2, -1, COLUMNS, *shape).swapaxes(0, 1), limits
            )[0],
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
    axes[1, 0].set_ylabel("reconstructions")
    return figure
