"""Polylines in latent space: length, and points at equal distance along them.

Poster: "Graph-Based Interpolation".
"""

import numpy as np


def arc_length(points: np.ndarray) -> float:
    """Length of the polyline through points (n, d), in the points' unit."""
    return float(np.linalg.norm(np.diff(points.astype(float), axis=0), axis=1).sum())


def resample(points: np.ndarray, n_frames: int) -> np.ndarray:
    """n_frames points at equal distance along the polyline through points: (n, d) -> (n_frames, d) float64.

    The first and the last are exactly those given. A path of length 0 stays where it is.
    Raises ValueError for no points and for fewer than 2 frames.
    """
    if n_frames < 2 or len(points) < 1:
        raise ValueError(f"found {len(points)} points and n_frames = {n_frames}, expected at least 1 and 2")
    points = points.astype(float)
    s = np.concatenate([[0.0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    # Where points coincide, interpolation would divide by zero.
    moved = np.concatenate([[True], np.diff(s) > 0])
    at = np.linspace(0, s[-1], n_frames)
    frames = np.stack([np.interp(at, s[moved], coordinate) for coordinate in points[moved].T], axis=1)
    frames[0], frames[-1] = points[0], points[-1]
    return frames


def straight_line(a: np.ndarray, b: np.ndarray, n_frames: int) -> np.ndarray:
    """n_frames points at equal distance from a to b, both included: (..., d), (..., d) -> (..., n_frames, d)."""
    return np.linspace(a, b, n_frames, axis=-2)
