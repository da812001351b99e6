"""Wavefront OBJ files: vertices and triangles. Everything else in them (texture, normals, materials) is passed over."""

import math
from itertools import pairwise

import numpy as np


def read_vertices(name: str, content: bytes) -> np.ndarray:
    """The `v x y z` lines, (V, 3) float64. Raises ValueError with name and line number for a malformed one."""
    vertices = []
    for number, line in enumerate(content.splitlines(), 1):
        if line[:2] in (b"v ", b"v\t"):
            try:
                x, y, z = map(float, line.split()[1:4])
            except ValueError:
                x = y = z = math.nan
            if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
                raise _malformed(name, number, line, "v and three finite numbers")
            vertices.append((x, y, z))
    return np.array(vertices, np.float64).reshape(-1, 3)


def read_triangles(name: str, content: bytes, n_vertices: int) -> np.ndarray:
    """The `f a b c ...` lines, (F, 3) int32, 0-based. A corner is `v`, `v/vt`, `v//vn` or `v/vt/vn`; v counts from 1.

    A polygon is cut into triangles that share its first corner. Raises ValueError with name and line number for a
    malformed line or a vertex that is not among 1 to n_vertices.
    """
    triangles = []
    for number, line in enumerate(content.splitlines(), 1):
        if line[:2] in (b"f ", b"f\t"):
            try:
                first, *others = [int(corner.partition(b"/")[0]) - 1 for corner in line.split()[1:]]
            except ValueError:
                first, others = -1, []
            if len(others) < 2 or not all(0 <= v < n_vertices for v in (first, *others)):
                raise _malformed(name, number, line, f"f and at least three vertices from 1 to {n_vertices}")
            triangles += [(first, *edge) for edge in pairwise(others)]
    return np.array(triangles, np.int32).reshape(-1, 3)


def _malformed(name: str, number: int, line: bytes, expected: str) -> ValueError:
    found = line[:80].decode("ascii", "backslashreplace")
    return ValueError(f"{name}, line {number}: found {found!r}, expected {expected}")
