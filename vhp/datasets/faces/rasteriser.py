"""A z-buffer for small triangles: thousands of them, most no larger than a sample, all at once in numpy.

Coordinates are in samples, x to the right and y downwards from the upper left corner; the sample of row r and column c
is at (c + 1/2, r + 1/2). Corners are snapped to SUBSAMPLE parts of a sample, so that float64 holds the edge functions
exactly: a sample on an edge that two triangles share belongs to both, and a closed surface has no holes.
"""

import numpy as np

SUBSAMPLE = 256


def rasterise(
    xy: np.ndarray, depth: np.ndarray, value: np.ndarray, triangles: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Draws triangles with values interpolated between their corners; (height, width) float64, 0 where there are none.

    xy (V, 2) in samples, at most 2^16 in size; depth (V,), larger is nearer; value (V,); triangles (F, 3) indices of
    vertices. Triangles whose corners run clockwise as seen, or lie on a line, are not drawn. Of several triangles in
    one sample the nearest is seen, of equally near ones the last.
    """
    height, width = shape
    x, y = np.rint(xy * SUBSAMPLE).T[:, triangles.T]  # (3, F) each, whole numbers
    seen = np.flatnonzero((x[2] - x[0]) * (y[1] - y[0]) > (x[1] - x[0]) * (y[2] - y[0]))
    x, y = x[:, seen], y[:, seen]
    first_column, n_columns = _covered(x, width)
    first_row, n_rows = _covered(y, height)

    # One entry per pair of a triangle and a sample of its bounding box, in the order of the triangles.
    n_samples = n_columns * n_rows
    box = np.repeat(np.arange(len(seen)), n_samples)
    k = np.arange(len(box)) - np.repeat(np.cumsum(n_samples) - n_samples, n_samples)
    down, right = np.divmod(k, n_columns[box])
    row, column = first_row[box] + down, first_column[box] + right
    sx, sy = (column + 0.5) * SUBSAMPLE, (row + 0.5) * SUBSAMPLE

    # Edge functions: twice the area that the sample and the edge opposite to each corner enclose, negative outside.
    edges = []
    for p, q in ((1, 2), (2, 0), (0, 1)):
        constant = x[q] * y[p] - x[p] * y[q]
        edges.append((y[q] - y[p])[box] * sx - (x[q] - x[p])[box] * sy + constant[box])
    inside = np.flatnonzero((edges[0] >= 0) & (edges[1] >= 0) & (edges[2] >= 0))
    e0, e1, e2 = (edge[inside] for edge in edges)
    a, b, c = triangles[seen[box[inside]]].T
    area = e0 + e1 + e2
    z = (e0 * depth[a] + e1 * depth[b] + e2 * depth[c]) / area
    v = (e0 * value[a] + e1 * value[b] + e2 * value[c]) / area

    pixel = row[inside] * width + column[inside]
    nearest = np.full(height * width, -np.inf)
    np.maximum.at(nearest, pixel, z)
    visible = z == nearest[pixel]
    image = np.zeros(height * width)
    image[pixel[visible]] = v[visible]  # of repeated indices numpy keeps the last
    return image.reshape(shape)


def _covered(corners: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """First of the n samples along one axis that triangles with corners (3, F) may cover, and how many of them."""
    low = np.minimum(np.minimum(corners[0], corners[1]), corners[2])
    high = np.maximum(np.maximum(corners[0], corners[1]), corners[2])
    first = np.maximum(np.ceil(low / SUBSAMPLE - 0.5), 0)
    last = np.minimum(np.floor(high / SUBSAMPLE - 0.5), n - 1)
    return first.astype(np.int64), np.maximum(last - first + 1, 0).astype(np.int64)
