"""Artificial pendulum: 15,000 images, 16 x 16, of a rod at a uniformly drawn angle (poster: "Artificial Pendulum").

Each image carries Gaussian noise of standard deviation NOISE. Without it the images lie on a curve, where a density has
no finite bound and -log p(x) measures nothing but how long the decoder's variance was trained; with it the best
possible likelihood is known: log_likelihood() integrates over the angle.
"""

import math

import numpy as np

OBSERVATION = "gaussian"
IMAGE_SHAPE = (16, 16)
NOISE = 0.05  # standard deviation per pixel, where the background is 0 and the rod 1
ROD_LENGTH = 6.5  # pixels, from the centre to the tip
ROD_WIDTH = 0.9  # pixels, standard deviation of the profile across the rod


def render(angle: np.ndarray) -> np.ndarray:
    """Noise-free images in [0, 1]: angle (...) in radians, counter-clockwise from the x axis -> (..., 256)."""
    height, width = IMAGE_SHAPE
    y, x = np.mgrid[:height, :width].astype(float).reshape(2, -1)
    x, y = x - (width - 1) / 2, (height - 1) / 2 - y  # origin at the centre, y upwards
    cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
    along = np.clip(x * cos + y * sin, 0, ROD_LENGTH)  # nearest point of the rod
    squared_distance = (x - along * cos) ** 2 + (y - along * sin) ** 2
    return np.exp(-0.5 * squared_distance / ROD_WIDTH**2)


def log_likelihood(x: np.ndarray, n_angles: int = 4096) -> np.ndarray:
    """log p(x) of the process that made the data, nats: x (N, 256) -> (N,).

    log 1/2pi int N(x; render(a), NOISE^2 I) da by the trapezoidal rule, which for a smooth periodic function converges
    faster than any power of the spacing.
    """
    x = x.astype(float)  # differences of large squares: float32 would leave 1e-4 nats
    means = render(np.linspace(-math.pi, math.pi, n_angles, endpoint=False))
    squared = (x**2).sum(1)[:, None] - 2 * x @ means.T + (means**2).sum(1)
    constant = -0.5 * x.shape[1] * math.log(2 * math.pi * NOISE**2)
    return np.logaddexp.reduce(-0.5 * squared / NOISE**2, axis=1) - math.log(n_angles) + constant
