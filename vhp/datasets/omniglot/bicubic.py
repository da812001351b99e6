"""Antialiased bicubic reduction of images, as MATLAB's imresize does it (Keys 1981: the kernel, with a = -1/2).

Beyond its border an image is continued by its mirror image, which image libraries do not do.
"""

import numpy as np


def keys(x: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel for a = -1/2; zero from |x| = 2 on."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def weights(n_in: int, n_out: int) -> np.ndarray:
    """(n_out, n_in) float64, rows that sum to 1: output pixel i is the weighted mean of input pixels.

    Raises ValueError unless n_out <= n_in, since an enlargement needs no antialiasing.
    """
    if not 0 < n_out <= n_in:
        raise ValueError(f"found n_out = {n_out} for n_in = {n_in}, expected a reduction")
    scale = n_in / n_out
    centre = (np.arange(n_out) + 0.5) * scale - 0.5
    # The kernel is stretched by the scale, so that it also averages over what one output pixel covers.
    reach = int(np.ceil(2 * scale)) + 1
    index = np.floor(centre)[:, None].astype(int) + np.arange(-reach, reach + 1)
    weight = keys((centre[:, None] - index) / scale)
    weight /= weight.sum(1, keepdims=True)
    mirrored = np.mod(index, 2 * n_in)
    mirrored = np.where(mirrored < n_in, mirrored, 2 * n_in - 1 - mirrored)
    result = np.zeros((n_out, n_in))
    np.add.at(result, (np.arange(n_out)[:, None], mirrored), weight)
    return result


def reduce(images: np.ndarray, size: int) -> np.ndarray:
    """Square images (N, n, n) in [0, 1] -> (N, size, size) uint8, clipped to [0, 1] and rounded to 1/255."""
    w = weights(images.shape[1], size)
    result = np.empty((len(images), size, size), np.uint8)
    for start in range(0, len(images), 1000):  # in float64 all of OMNIGLOT would be gigabytes
        part = images[start : start + 1000].astype(float)
        result[start : start + 1000] = np.rint(255 * np.clip(w @ part @ w.T, 0, 1))
    return result
