"""The k-nearest-neighbour graph on samples of a prior, and interpolation along its shortest paths.

Poster: "Graph-Based Interpolation". Lengths are Euclidean distances in latent space.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from sklearn.neighbors import NearestNeighbors

if TYPE_CHECKING:
    import networkx

# Nodes from which all distances are known, for a first bound on the length of every path. Hubs, since in many
# dimensions the shortest paths run through a few of them: 16 bound a path's length to within a quarter.
N_LANDMARKS = 16
# A bound is a sum in another order than the path's length: by so much, relative, it may be too low.
ROUNDING = 1e-9


class LatentGraph:
    """An undirected graph: nodes i and j share an edge if either is among the other's k nearest neighbours.

    nodes         (N, d_z) float32 or float64, as given
    edges         (E, 2) int32, i < j in each row, rows unique and in ascending order
    lengths       (E,) float64, |z_i - z_j|
    component     (N,) int32, the label 0 .. n_components - 1 of each node's connected component
    n_components  the number of components
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

    @cached_property
    def _landmark_distances(self) -> np.ndarray:
        """(N, at most N_LANDMARKS) float64 distance of each node to the nodes with most edges; inf: no path."""
        hubs = np.argsort(-np.diff(self._adjacency.indptr), kind="stable")[:N_LANDMARKS]
        return np.ascontiguousarray(dijkstra(self._adjacency, indices=hubs).T)

    def shortest_paths(self, pairs: Iterable[tuple[int, int]]) -> list[list[int] | None]:
        """For each (start, goal): node indices of a shortest path from start to goal, or None if there is no path.

        pairs: (P, 2) node indices in 0 .. N - 1.
        """
        return [self._shortest_path(int(start), int(goal)) for start, goal in pairs]

    def _shortest_path(self, start: int, goal: int) -> list[int] | None:
        """Dijkstra's algorithm from both ends, each as far as half of an upper bound on the path's length.

        For any bound, one edge (i, j) of a shortest path has i within half of it of start and j of goal. In
        32 dimensions a ball of half the radius holds a hundredth of the nodes and less.
        """
        if self.component[start] != self.component[goal]:
            return None
        if start == goal:
            return [start]
        bound = (self._landmark_distances[start] + self._landmark_distances[goal]).min()  # inf: no landmark in reach
        distance, previous = dijkstra(
            self._adjacency, indices=[start, goal], limit=bound / 2 * (1 + ROUNDING), return_predecessors=True
        )
        # The edges out of the nodes that the search from the start reached; of an edge that ends elsewhere than where
        # the search from the goal came the sum is infinite.
        reached = np.flatnonzero(np.isfinite(distance[0]))
        begin, count = self._adjacency.indptr[reached], np.diff(self._adjacency.indptr)[reached]
        i = np.repeat(reached, count)
        entry = np.repeat(begin - (count.cumsum() - count), count) + np.arange(len(i))
        j = self._adjacency.indices[entry]
        best = np.argmin(distance[0, i] + self._adjacency.data[entry] + distance[1, j])
        return _simple(_trace(previous[0], int(i[best]), start)[::-1] + _trace(previous[1], int(j[best]), goal))

    def to_networkx(self) -> "networkx.Graph":
        """The graph with scalar attributes only, as GraphML wants them: node z0, z1, .. and component; edge weight."""
        # A late import: a machine that only interpolates need not have it.
        import networkx

        graph = networkx.Graph()
        names = [f"z{i}" for i in range(self.nodes.shape[1])]
        for i, (z, component) in enumerate(zip(self.nodes.tolist(), self.component.tolist(), strict=True)):
            graph.add_node(i, component=component, **dict(zip(names, z, strict=True)))
        edges = zip(self.edges.tolist(), self.lengths.tolist(), strict=True)
        graph.add_weighted_edges_from((i, j, length) for (i, j), length in edges)
        return graph


def _trace(previous: np.ndarray, node: int, end: int) -> list[int]:
    """The nodes from node to end, both included, each the previous one of that before it."""
    path = [node]
    while path[-1] != end:
        path.append(int(previous[path[-1]]))
    return path


def _simple(path: list[int]) -> list[int]:
    """The path without its loops. A shortest one has them only where nodes coincide and the halves both pass there."""
    last = {node: at for at, node in enumerate(path)}
    simple, at = [], 0
    while at < len(path):
        simple.append(path[at])
        at = last[path[at]] + 1
    return simple


def _undirected(neighbours: np.ndarray) -> np.ndarray:
    """Neighbour indices (N, k) -> edges (E, 2) int32, i < j, unique and sorted."""
    n, k = neighbours.shape
    i, j = np.repeat(np.arange(n, dtype=np.int64), k), neighbours.ravel()
    # One number per edge, because sorting rows is many times slower.
    edge = np.unique(np.minimum(i, j) * n + np.maximum(i, j))
    return np.stack([edge // n, edge % n], axis=1).astype(np.int32)
