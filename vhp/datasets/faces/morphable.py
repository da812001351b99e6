"""A linear morphable model: identity weights -> vertices, and the normals of the surface."""

import numpy as np
import scipy.sparse

WEIGHT_BITS = 16  # identity weights are multiples of 2^-16
WEIGHT_LIMIT = 8.0


class MorphableModel:
    """vertices(w) = mean + sum_k w_k identity[k]; centimetres, x to the face's left, y up, z out of the face.

    mean (V, 3) float32; identity (n_modes, V, 3) float16, displacements; triangles (F, 3), corners counter-clockwise as
    seen from outside.
    """

    def __init__(self, mean: np.ndarray, identity: np.ndarray, triangles: np.ndarray):
        self.mean = mean.astype(np.float64)
        self.identity = identity.reshape(len(identity), -1).astype(np.float64)
        self.triangles = triangles
        reach = np.abs(self.identity).sum(0).max(initial=0) * WEIGHT_LIMIT
        if reach >= 2 ** (53 - 24 - WEIGHT_BITS):
            raise ValueError(f"found displacements of up to {reach:g} cm, expected below 8192: sums would not be exact")
        n_vertices, n_triangles = len(mean), len(triangles)
        # Row v sums over the triangles around vertex v.
        self._around = scipy.sparse.csr_array(
            (np.ones(3 * n_triangles), (triangles.T.ravel(), np.tile(np.arange(n_triangles), 3))),
            shape=(n_vertices, n_triangles),
        )

    @property
    def n_modes(self) -> int:
        return len(self.identity)

    def vertices(self, weights: np.ndarray) -> np.ndarray:
        """(N, n_modes) -> (N, V, 3) float64, to the bit the same with any number of threads.

        float16 displacements are multiples of 2^-24. With weights that are multiples of 2^-16 and below 8 every partial
        sum fits into the 53 bits of float64, so the order in which BLAS adds does not matter. Raises ValueError for
        other weights.
        """
        scaled = np.asarray(weights, np.float64) * 2**WEIGHT_BITS
        if not ((np.abs(scaled) < WEIGHT_LIMIT * 2**WEIGHT_BITS) & (scaled == np.rint(scaled))).all():
            raise ValueError(
                f"identity weights: found values that are not multiples of 2^-{WEIGHT_BITS} between -{WEIGHT_LIMIT:g} "
                f"and {WEIGHT_LIMIT:g}; round them with round_weights()"
            )
        return self.mean + (np.asarray(weights, np.float64) @ self.identity).reshape(len(weights), -1, 3)

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """Unit normals (V, 3) at vertices (V, 3): the mean of the triangles' around, weighted by their areas."""
        x, y, z = vertices.T
        a, b, c = self.triangles.T
        ux, uy, uz = x[b] - x[a], y[b] - y[a], z[b] - z[a]
        vx, vy, vz = x[c] - x[a], y[c] - y[a], z[c] - z[a]
        normal = self._around @ np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], 1)
        nx, ny, nz = normal.T
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        return normal / np.where(length > 0, length, 1)[:, None]


def round_weights(weights: np.ndarray) -> np.ndarray:
    """The nearest weights that vertices() takes, float32."""
    limit = WEIGHT_LIMIT - 2.0**-WEIGHT_BITS
    return (np.rint(np.clip(weights, -limit, limit) * 2**WEIGHT_BITS) / 2**WEIGHT_BITS).astype(np.float32)
