"""A data set at a glance: examples of each split, drawn at random."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.mosaic import Draw, mosaic
from vhp.figures.style import styled
from vhp.seeds import CONTACT_SHEET_SEED

CAPTION = "Examples of each split, drawn at random, all in one scale of grey."
ROWS = {"train": 4, "val": 2, "test": 2}
COLUMNS = 16
WIDTH = 9.2  # inches


@styled
def contact_sheet(arrays: Mapping[str, np.ndarray], draw: Draw) -> Figure:
    """A block of images per split. arrays: train, val, test (N, D), at least 64, 32 and 32 examples; draw: see Draw."""
    rng = np.random.Generator(np.random.PCG64(CONTACT_SHEET_SEED))
    blocks = {}
    for split, rows in ROWS.items():
        x = arrays[split]
        pictures = draw(x[np.sort(rng.choice(len(x), rows * COLUMNS, replace=False))])
        blocks[split] = pictures.reshape(1, rows, COLUMNS, *pictures.shape[-2:])
    # One scale for all splits, without the outermost values, which may be noise.
    limits = tuple(np.percentile(blocks["train"], [0.5, 99.5]).tolist())
    canvases = {split: mosaic(block, limits)[0] for split, block in blocks.items()}
    heights = [(WIDTH - 0.5) * canvas.shape[0] / canvas.shape[1] for canvas in canvases.values()]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.1 * len(heights)))
    for ax, (split, canvas) in zip(
        figure.subplots(len(canvases), 1, height_ratios=heights), canvases.items(), strict=True
    ):
        ax.imshow(canvas, cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_ylabel(split)
        ax.spines[:].set_visible(False)
    return figure
