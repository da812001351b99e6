"""The k-nearest-neighbour graph on samples of a prior, and interpolation along its shortest paths.

Poster: "Graph-Based Interpolation". Lengths are Euclidean distances in latent space.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from sklearn.neighbors import NearestNeighbors

if TYPE_CHECKING:
    import networkx


class LatentGraph:
    """An undirected graph: nodes i and j share an edge if either is among the other's k nearest neighbours.

    nodes         (N, d_z) float32 or float64, as given
    edges         (E, 2) int32, i < j in each row, rows unique and in ascending order
    lengths       (E,) float64, |z_i - z_j|
    component     (N,) int32, the label 0 .. n_components - 1 of each node's connected component
    n_components  how many there are
    """

    def __init__(self, nodes: np.ndarray, k: int):
        """
        nodes: Z = {z_1 .. z_N}, (N, d_z) float, samples of a prior. k: neighbours per node, 1 <= k < N.
        Raises ValueError for another shape, for values that are not finite and for k out of range.
        """
        nodes = np.asarray(nodes)
        nodes = nodes if nodes.dtype == np.float32 else nodes.astype(float)
        if nodes.ndim != 2:
            raise ValueError(f"nodes have shape {nodes.shape}, expected (N, d_z)")
        if not np.isfinite(nodes).all():
            raise ValueError("nodes contain NaN or infinity: sample them from a prior whose training did not diverge")
        if not 1 <= k < len(nodes):
            found = f"found k = {k} neighbours for N = {len(nodes)} nodes"
            raise ValueError(f"{found}, expected 1 <= k < N: sample more nodes or lower k")
        self.nodes = nodes
        self._search = NearestNeighbors(n_neighbors=k).fit(nodes)
        # Called without query points, scikit-learn leaves out each node itself, also where others coincide with it.
        self.edges = _undirected(self._search.kneighbors(return_distance=False))
        start, end = self.edges.T
        # Not the search's own distances: those of its matrix-product formula are inexact where nodes nearly coincide.
        self.lengths = np.linalg.norm(nodes[start].astype(float) - nodes[end], axis=1)
        # Both directions are stored, and from index arrays: a zero of a dense matrix would be no edge, a stored one is
        # an edge of length 0.
        weights = (np.tile(self.lengths, 2), (np.concatenate([start, end]), np.concatenate([end, start])))
        self._adjacency = csr_array(weights, shape=(len(nodes), len(nodes)))
        self.n_components, self.component = connected_components(self._adjacency, directed=False)

    def nearest(self, z: np.ndarray) -> np.ndarray:
        """Index of the node nearest to each query point: z (n, d_z) -> (n,) int."""
        # In the nodes' own precision: scikit-learn is ten times slower where the two differ.
        z = np.asarray(z, self.nodes.dtype)
        return self._search.kneighbors(z, n_neighbors=1, return_distance=False)[:, 0]

    def shortest_paths(self, pairs: Iterable[tuple[int, int]]) -> list[list[int] | None]:
        """For each (start, goal): node indices of a shortest path from start to goal, or None if there is no path.

        pairs: (P, 2) node indices in 0 .. N - 1. One run of Dijkstra's algorithm per distinct start.
        """
        pairs = [(int(start), int(goal)) for start, goal in pairs]
        of_start = defaultdict(list)
        for i, (start, goal) in enumerate(pairs):
            if self.component[start] == self.component[goal]:
                of_start[start].append(i)
        paths: list[list[int] | None] = [None] * len(pairs)
        # One start after the other: for all at once the result has n_starts x N entries, gigabytes for a large graph.
        for start, indices in of_start.items():
            _, previous = dijkstra(self._adjacency, indices=start, return_predecessors=True)
            for i in indices:
                path = [pairs[i][1]]
                while path[-1] != start:
                    path.append(int(previous[path[-1]]))
                paths[i] = path[::-1]
        return paths

    def to_networkx(self) -> "networkx.Graph":
        """The graph with scalar attributes only, as GraphML wants them: node z0, z1, .. and component; edge weight."""
        # Imported here: a machine that only interpolates need not have it.
        import networkx

        graph = networkx.Graph()
        names = [f"z{i}" for i in range(self.nodes.shape[1])]
        for i, (z, component) in enumerate(zip(self.nodes.tolist(), self.component.tolist(), strict=True)):
            graph.add_node(i, component=component, **dict(zip(names, z, strict=True)))
        edges = zip(self.edges.tolist(), self.lengths.tolist(), strict=True)
        graph.add_weighted_edges_from((i, j, length) for (i, j), length in edges)
        return graph


def _undirected(neighbours: np.ndarray) -> np.ndarray:
    """Neighbour indices (N, k) -> edges (E, 2) int32, i < j, unique and sorted."""
    n, k = neighbours.shape
    i, j = np.repeat(np.arange(n, dtype=np.int64), k), neighbours.ravel()
    # One number per edge, because sorting rows is many times slower.
    edge = np.unique(np.minimum(i, j) * n + np.maximum(i, j))
    return np.stack([edge // n, edge % n], axis=1).astype(np.int32)


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
