"""Samples of a prior that lie alone. Shortest paths run over them, through regions where the prior has little mass."""

import math

import numpy as np
from sklearn.neighbors import NearestNeighbors


def without_strays(z: np.ndarray, k: int, share: float) -> np.ndarray:
    """The samples z (N, d_z) in their order, but for the floor(share N) that are farthest from their k-th neighbour.

    Raises ValueError for a share outside [0, 1) and, where something is to be left out, for k not in 1 .. N - 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"found a share of {share} to leave out, expected it in [0, 1)")
    n_left_out = math.floor(share * len(z))
    if n_left_out == 0:
        return z
    if not 1 <= k < len(z):
        raise ValueError(f"found k = {k} neighbours for N = {len(z)} samples, expected 1 <= k < N")
    distance = NearestNeighbors(n_neighbors=k).fit(z).kneighbors()[0][:, -1]
    return z[np.sort(np.argsort(distance, kind="stable")[: len(z) - n_left_out])]
