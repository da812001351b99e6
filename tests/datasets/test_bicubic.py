"""OMNIGLOT's reduction to 28 x 28, against a plain loop and what is known of it."""

import math

import numpy as np
import pytest
from PIL import Image

from vhp.datasets.omniglot.bicubic import keys, reduce, weights


def plain_pixel(image: np.ndarray, row: int, column: int, size: int) -> float:
    """One pixel of the reduced image: a weighted mean over the image and its mirror images, in loops."""
    n = len(image)
    scale = n / size

    def kernel(t):
        t = abs(t)
        if t <= 1:
            return 1.5 * t**3 - 2.5 * t**2 + 1
        return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0

    def mirrored(i):
        while not 0 <= i < n:
            i = -1 - i if i < 0 else 2 * n - 1 - i
        return i

    total = weight = 0.0
    centre = [(k + 0.5) * scale - 0.5 for k in (row, column)]
    reach = math.ceil(2 * scale) + 1
    for y in range(round(centre[0]) - reach, round(centre[0]) + reach + 1):
        for x in range(round(centre[1]) - reach, round(centre[1]) + reach + 1):
            w = kernel((y - centre[0]) / scale) * kernel((x - centre[1]) / scale)
            total += w * image[mirrored(y), mirrored(x)]
            weight += w
    return total / weight


@pytest.mark.parametrize(("n", "size"), [(13, 5), (8, 8), (9, 2), (3, 1)])
def test_the_reduction_equals_a_plain_loop(n, size):
    image = np.random.default_rng(n).random((n, n))
    plain = [[plain_pixel(image, r, c, size) for c in range(size)] for r in range(size)]
    np.testing.assert_allclose(weights(n, size) @ image @ weights(n, size).T, plain, atol=1e-12)
    np.testing.assert_array_equal(reduce(image[None], size)[0], np.rint(255 * np.clip(plain, 0, 1)))


def test_weights_keep_constants_and_the_kernel_is_keys():
    np.testing.assert_allclose(weights(105, 28).sum(1), 1, atol=1e-14)
    np.testing.assert_array_equal(keys(np.array([0, 1, -1, 2, 5])), [1, 0, 0, 0, 0])
    assert keys(np.array([0.5]))[0] == 0.5625 and keys(np.array([-1.5]))[0] == -0.0625


def test_inside_it_equals_pillow_and_at_the_border_it_mirrors():
    image = (np.random.default_rng(1).random((105, 105)) < 0.2).astype(np.float32)
    pillow = np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BICUBIC))
    ours = weights(105, 28) @ image @ weights(105, 28).T
    np.testing.assert_allclose(ours[2:-2, 2:-2], pillow[2:-2, 2:-2], atol=1e-6)
    assert np.abs(ours - pillow).max() > 1e-3


@pytest.mark.parametrize("size", [0, 11])
def test_an_enlargement_is_refused(size):
    with pytest.raises(ValueError, match=f"found n_out = {size} for n_in = 10, expected a reduction"):
        weights(10, size)
