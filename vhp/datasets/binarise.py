"""Grey images as Bernoulli means, and their one-time binarisation."""

import numpy as np


def binarise(images: np.ndarray, seed: int) -> np.ndarray:
    """uint8 grey (N, D) -> uint8 in {0, 255}, each pixel drawn once with probability grey / 255."""
    uniform = np.random.Generator(np.random.PCG64(seed)).random(images.shape)
    return np.where(uniform * 255 < images, np.uint8(255), np.uint8(0))
