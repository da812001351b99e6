"""Does a decoded path turn the pendulum one way? Its angle is recovered from the images.

Poster: "Artificial Pendulum". Angles are in radians.
"""

from collections.abc import Callable

import numpy as np

N_ANGLES = 3_600  # to a tenth of a degree: far below the step from frame to frame


def nearest_angle(
    x: np.ndarray, render: Callable[[np.ndarray], np.ndarray], n_angles: int = N_ANGLES
) -> tuple[np.ndarray, np.ndarray]:
    """The angle whose rendering is nearest to each image, and how far off that is.

    x: (n, D) images. render: angles (m,) -> noise-free images (m, D).
    Returns the angles in [-pi, pi), (n,), and the RMS error per pixel in data units, (n,).
    """
    angles = np.linspace(-np.pi, np.pi, n_angles, endpoint=False)
    rendered = render(angles)
    x = np.asarray(x, float)
    squared = (x**2).sum(1)[:, None] - 2 * x @ rendered.T + (rendered**2).sum(1)
    best = squared.argmin(1)
    return angles[best], np.sqrt(np.mean((x - rendered[best]) ** 2, axis=1))


def monotonicity(angle: np.ndarray) -> float:
    """|sum of turns| / sum of |turns| from frame to frame, in [0, 1]: angle (T,) along a path.

    1: the pendulum never turns back. A turn is the shorter way round, in [-pi, pi). A path that rests has 1.
    """
    turns = np.mod(np.diff(angle) + np.pi, 2 * np.pi) - np.pi
    total = np.abs(turns).sum()
    return float(np.abs(turns.sum()) / total) if total > 0 else 1.0
