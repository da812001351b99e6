"""Grey images as Bernoulli means, and their one-time binarisation: what the image data sets have in common."""

import numpy as np


def binarise(images: np.ndarray, seed: int) -> np.ndarray:
    """uint8 grey (N, D) -> uint8 in {0, 255}, each pixel drawn once with probability grey / 255.

    Raises ValueError for an array that is not grey values from 0 to 255, such as floats or 0 and 1.
    """
    if images.dtype != np.uint8:
        how = "of means in [0, 1]: np.rint(255 * x).astype(np.uint8)"
        raise ValueError(f"images: found {images.dtype}, expected uint8 grey values from 0 to 255; {how}")
    if images.max(initial=0) == 1:
        raise ValueError("images: found uint8 of 0 and 1, expected grey values from 0 to 255: multiply by 255")
    uniform = np.random.Generator(np.random.PCG64(seed)).random(images.shape)
    return np.where(uniform * 255 < images, np.uint8(255), np.uint8(0))


def binarised_once(train: np.ndarray, val: np.ndarray, test: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """uint8 grey images (N, D): train stays grey, val and test are drawn once, from seed + 1 and seed + 2."""
    return {"train": train, "val": binarise(val, seed + 1), "test": binarise(test, seed + 2)}
