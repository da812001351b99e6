"""Does a decoded path turn the pendulum one way? Its angle is recovered from the images.

Poster: "Artificial Pendulum". Angles are in radians.
"""

import math
from collections.abc import Callable

import numpy as np

N_ANGLES = 3_600  # to a tenth of a degree: far below the step from frame to frame
BLOCK = 500  # images compared at once: their distances to all renderings are held in memory


def nearest_angle(
    x: np.ndarray, render: Callable[[np.ndarray], np.ndarray], n_angles: int = N_ANGLES
) -> tuple[np.ndarray, np.ndarray]:
    """The angle whose rendering is nearest to each image, and how far off that is.

    x: (..., D) images. render: angles (m,) -> noise-free images (m, D).
    Returns the angles in [-pi, pi), (...,), and the RMS error per pixel in data units, (...,).
    """
    angles = np.linspace(-np.pi, np.pi, n_angles, endpoint=False)
    rendered = render(angles)
    half_norms = (rendered**2).sum(1) / 2
    flat = np.asarray(x, float).reshape(-1, x.shape[-1])
    # The nearest has the largest x . r - |r|^2 / 2, half of |x|^2 - |x - r|^2.
    blocks = [(flat[i : i + BLOCK] @ rendered.T - half_norms).argmax(1) for i in range(0, len(flat), BLOCK)]
    best = np.concatenate(blocks) if blocks else np.zeros(0, int)
    error = np.sqrt(np.mean((flat - rendered[best]) ** 2, axis=1))
    return angles[best].reshape(x.shape[:-1]), error.reshape(x.shape[:-1])


def monotonicity(angle: np.ndarray) -> float:
    """|sum of turns| / sum of |turns| from frame to frame, in [0, 1]: angle (T,) along a path.

    1: the pendulum never turns back. A turn is the shorter way round, in [-pi, pi). NaN for a path that rests.
    """
    turns = np.mod(np.diff(angle) + np.pi, 2 * np.pi) - np.pi
    total = np.abs(turns).sum()
    return float(np.abs(turns.sum()) / total) if total > 0 else math.nan
