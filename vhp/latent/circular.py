"""How well a plane representation orders data on a circle (poster: "Artificial Pendulum").

Angles are in radians. The latent angle of a point is taken round a centre, so that a ring of any shape that surrounds
the centre once, in the data's order, is as good as a circle.
"""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import rankdata


def latent_angle(z: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Angle of each point seen from the centre: z (n, 2), centre (2,) -> (n,) in [-pi, pi]."""
    x, y = (np.asarray(z, float) - centre).T
    return np.arctan2(y, x)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Circular rank correlation of two angles (n,), in [-1, 1] (Fisher and Lee 1982; Fisher 1993, section 6.3.2).

    Each angle is replaced by 2 pi rank / n; rotations do not matter. 1: b runs round as a does, -1: in the other
    direction, near 0: they have no common order.
    """
    n = len(a)
    a, b = (2 * np.pi / n * rankdata(np.mod(angle, 2 * np.pi)) for angle in (a, b))
    cos_cos, sin_sin = (np.cos(a) * np.cos(b)).sum(), (np.sin(a) * np.sin(b)).sum()
    cos_sin, sin_cos = (np.cos(a) * np.sin(b)).sum(), (np.sin(a) * np.cos(b)).sum()
    return float(4 / n**2 * (cos_cos * sin_sin - cos_sin * sin_cos))


def closed_curve(z: np.ndarray, angle: np.ndarray, n_bins: int = 60) -> np.ndarray:
    """Mean point of each bin of the true angle, in its order: z (n, 2), angle (n,) -> (bins that are not empty, 2)."""
    bins = (np.mod(angle, 2 * np.pi) / (2 * np.pi) * n_bins).astype(int) % n_bins
    return np.stack([np.asarray(z, float)[bins == i].mean(0) for i in np.unique(bins)])


def winding_number(curve: np.ndarray, centre: np.ndarray) -> int:
    """How often a closed curve (n, 2) runs round the centre, counter-clockwise; 0 if the centre lies outside."""
    angle = latent_angle(curve, centre)
    steps = np.mod(np.diff(angle, append=angle[0]) + np.pi, 2 * np.pi) - np.pi
    return round(float(steps.sum()) / (2 * np.pi))


def innermost(curve: np.ndarray, resolution: int = 40) -> np.ndarray:
    """Of the points that a closed curve (n, 2) runs round, that farthest from it, on a grid; (2,).

    The centre of a ring of any shape: its mean point lies outside if the ring is bent like a C. A curve that runs round
    nothing has its mean point for a centre.
    """
    axes = np.linspace(curve.min(0), curve.max(0), resolution).T
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    inside = grid[[winding_number(curve, point) != 0 for point in grid]]
    return inside[cdist(inside, curve).min(1).argmax()] if len(inside) else curve.mean(0)
