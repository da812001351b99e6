"""Images tiled on a white canvas."""

from collections.abc import Callable

import numpy as np

# How examples become images: (..., D) -> (..., height, width).
Draw = Callable[[np.ndarray], np.ndarray]


def mosaic(images: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Tile images (groups, rows, columns, height, width): one row below the other, groups further apart than rows.

    limits: see scaled.
    Returns the canvas (H, W) in [0, 1], whose column c starts at x = c * stride(width), and the top edge of every row
    (groups, rows), in pixels.
    """
    groups, rows, columns, height, width = images.shape
    shades = scaled(images, limits)
    gap = stride(width) - width
    group_gap = max(3 * gap, height // 3)
    group_height = rows * (height + gap) - gap
    tops = np.arange(groups)[:, None] * (group_height + group_gap) + np.arange(rows) * (height + gap)

    canvas = np.ones((tops[-1, -1] + height, columns * stride(width) - gap))
    for g, r, c in np.ndindex(groups, rows, columns):
        top, left = tops[g, r], c * stride(width)
        canvas[top : top + height, left : left + width] = shades[g, r, c]
    return canvas, tops


def scaled(images: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Black is 0 and white 1, of the same shape. limits: the values drawn so; others are clipped.

    Where both limits are one value, it is black, and what is larger by 1 white.
    """
    low, high = limits
    return np.clip((images - low) / ((high - low) or 1.0), 0, 1)


def stride(width: int) -> int:
    """Distance between the left edges of neighbouring images, pixels."""
    return width + max(1, width // 14)
