import itertools
import math

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from vhp.latent.graph import LatentGraph
from vhp.latent.polyline import arc_length, resample, straight_line


def random_nodes(seed: int, n: int, d: int) -> np.ndarray:
    """On a coarse grid, so that ties, duplicates and edges of length 0 occur."""
    return np.random.default_rng(seed).integers(-3, 4, (n, d)).astype(float)


graphs = st.builds(
    lambda seed, n, d, k: LatentGraph(random_nodes(seed, n, d), min(k, n - 1)),
    st.integers(0, 2**32 - 1),
    st.integers(2, 25),
    st.integers(1, 4),
    st.integers(1, 4),
)
points = st.builds(random_nodes, st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 3))


@given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(1, 4), st.integers(1, 4))
def test_edges_join_the_k_nearest_neighbours_and_no_others(seed, n, d, k):
    k = min(k, n - 1)
    graph = LatentGraph(random_nodes(seed, n, d), k)
    distance = cdist(graph.nodes, graph.nodes)
    np.fill_diagonal(distance, np.inf)
    kth = np.sort(distance, axis=1)[:, k - 1]  # of each node; which of several at this distance are edges is open
    edges = set(map(tuple, graph.edges.tolist()))
    for i in range(n):
        for j in range(i + 1, n):
            if distance[i, j] < max(kth[i], kth[j]):
                assert (i, j) in edges
            if distance[i, j] > max(kth[i], kth[j]):
                assert (i, j) not in edges
    assert np.bincount(graph.edges.ravel(), minlength=n).min() >= k
    np.testing.assert_allclose(graph.lengths, distance[tuple(graph.edges.T)], rtol=1e-12)


@given(graphs)
def test_edges_are_sorted_and_unique(graph):
    edges = graph.edges.tolist()
    assert graph.edges.dtype == np.int32
    assert edges == sorted(map(list, set(map(tuple, edges))))
    assert all(i < j for i, j in edges)


@given(graphs)
def test_shortest_paths_and_components_agree_with_networkx(graph):
    reference = graph.to_networkx()
    assert sorted(map(sorted, networkx.connected_components(reference))) == sorted(
        np.flatnonzero(graph.component == c).tolist() for c in range(graph.n_components)
    )
    n = len(graph.nodes)
    pairs = [(i, j) for i in range(n) for j in range(n)]
    for (start, goal), path in zip(pairs, graph.shortest_paths(pairs), strict=True):
        if not networkx.has_path(reference, start, goal):
            assert path is None
            continue
        assert (path[0], path[-1]) == (start, goal)
        assert all(reference.has_edge(i, j) for i, j in itertools.pairwise(path))
        assert len(set(path)) == len(path)
        expected = networkx.dijkstra_path_length(reference, start, goal)
        assert arc_length(graph.nodes[path]) == pytest.approx(expected, abs=1e-12)


def test_the_path_along_a_circle_is_the_arc_and_not_the_chord():
    n, radius = 200, 3.0
    angle = 2 * math.pi * np.arange(n) / n
    graph = LatentGraph(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), k=2)
    [path] = graph.shortest_paths([(0, n // 2)])
    assert len(graph.edges) == n
    length = arc_length(graph.nodes[path])
    assert length == pytest.approx(n // 2 * 2 * radius * math.sin(math.pi / n), rel=1e-12)  # the inscribed polygon
    assert length == pytest.approx(math.pi * radius, rel=1e-3)


def test_the_path_along_a_helix_is_the_thread_and_not_the_axis():
    """Three turns, one above the other: the straight line is a seventh of the way."""
    radius, pitch, turns, n = 1.0, 1.0, 3, 900
    angle = np.linspace(0, 2 * math.pi * turns, n)
    nodes = np.stack([radius * np.cos(angle), radius * np.sin(angle), pitch * angle / (2 * math.pi)], axis=1)
    order = np.random.default_rng(0).permutation(n)
    graph = LatentGraph(nodes[order], k=4)
    place = np.argsort(order)
    [path] = graph.shortest_paths([(place[0], place[-1])])
    length = arc_length(graph.nodes[path])
    geodesic = turns * math.hypot(2 * math.pi * radius, pitch)
    # Steps to the second neighbour cut corners: (2 h)^2 / 24 of the length, h the angle between nodes.
    assert geodesic * (1 - (2 * angle[1]) ** 2 / 20) < length < geodesic
    assert length > 6 * np.linalg.norm(nodes[-1] - nodes[0])
    # Every node between the ends is passed in the order of the thread.
    assert np.all(np.diff(order[path]) > 0)


@pytest.mark.parametrize("d", [2, 16])
def test_shortest_paths_of_a_large_graph_agree_with_networkx(d):
    """Hundreds of nodes from each landmark and from each other, so that each search ends long before the whole."""
    rng = np.random.default_rng(0)
    clusters = np.concatenate([rng.normal(size=(700, d)), 50 + rng.normal(size=(100, d))])
    graph = LatentGraph(clusters.astype(np.float32), k=5)
    reference = graph.to_networkx()
    pairs = rng.integers(0, 800, (60, 2))
    found = graph.shortest_paths(pairs)
    assert any(path is None for path in found)
    for (start, goal), path in zip(pairs.tolist(), found, strict=True):
        assert (path is None) == (not networkx.has_path(reference, start, goal))
        if path is not None:
            assert (path[0], path[-1]) == (start, goal)
            expected = networkx.dijkstra_path_length(reference, start, goal)
            assert sum(reference.edges[i, j]["weight"] for i, j in itertools.pairwise(path)) == pytest.approx(expected)


def test_no_path_between_two_clusters():
    rng = np.random.default_rng(0)
    graph = LatentGraph(np.concatenate([rng.normal(0, 1, (20, 3)), rng.normal(100, 1, (20, 3))]), k=5)
    assert graph.n_components == 2
    within, across = graph.shortest_paths([(0, 19), (0, 39)])
    assert within is not None and across is None


def test_an_edge_of_length_zero_is_an_edge():
    # The only way from 0 to 3 is the edge between the coinciding nodes 1 and 2.
    graph = LatentGraph(np.array([[0.0], [1.0], [1.0], [2.0]]), k=1)
    assert [1, 2] in graph.edges.tolist()
    assert graph.component[1] == graph.component[2]
    [path] = graph.shortest_paths([(1, 2)])
    assert path == [1, 2]
    assert LatentGraph(np.zeros((5, 2)), k=4).n_components == 1


def test_nearest():
    nodes = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    queries = np.random.default_rng(1).normal(size=(30, 20))
    np.testing.assert_array_equal(LatentGraph(nodes, 3).nearest(queries), cdist(queries, nodes).argmin(1))


def test_integer_nodes_have_neighbours_between_integers():
    assert LatentGraph(np.array([[0], [1], [3]]), 1).nearest(np.array([[1.9], [2.1]])).tolist() == [1, 2]


def test_graphml_keeps_the_graph(tmp_path):
    graph = LatentGraph(np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32), 2)
    networkx.write_graphml(graph.to_networkx(), tmp_path / "graph.graphml")
    read = networkx.read_graphml(tmp_path / "graph.graphml", node_type=int)
    assert {tuple(sorted(edge)) for edge in read.edges} == set(map(tuple, graph.edges.tolist()))
    i, j = graph.edges[0].tolist()
    assert read.edges[i, j]["weight"] == pytest.approx(graph.lengths[0])
    assert read.nodes[i]["z1"] == pytest.approx(graph.nodes[i, 1])


@pytest.mark.parametrize("k", [0, 8, 10])
def test_k_out_of_range(k):
    with pytest.raises(ValueError, match=f"found k = {k} neighbours for N = 8 nodes, expected 1 <= k < N"):
        LatentGraph(np.zeros((8, 2)), k)


def test_nodes_that_are_not_finite_or_not_a_matrix():
    with pytest.raises(ValueError, match="NaN"):
        LatentGraph(np.array([[0.0], [np.nan], [1.0]]), 1)
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        LatentGraph(np.zeros(5), 1)


@given(points, st.integers(2, 20))
def test_resampling_is_by_equal_arc_length(polyline, n_frames):
    frames = resample(polyline, n_frames)
    assert frames.shape == (n_frames, polyline.shape[1])
    np.testing.assert_array_equal(frames[[0, -1]], polyline[[0, -1]])
    # A slow reference: walk along the polyline.
    for t, frame in enumerate(frames):
        rest = arc_length(polyline) * t / (n_frames - 1)
        for a, b in itertools.pairwise(polyline):
            length = np.linalg.norm(b - a)
            if rest <= length and length > 0:
                break
            rest -= length
        expected = polyline[0] if arc_length(polyline) == 0 else a + min(rest / max(length, 1e-300), 1) * (b - a)
        if 0 < t < n_frames - 1:
            np.testing.assert_allclose(frame, expected, atol=1e-9)


def test_resampling_a_path_of_length_zero():
    np.testing.assert_array_equal(resample(np.array([[1.0, 2.0]]), 3), [[1, 2]] * 3)
    np.testing.assert_array_equal(resample(np.array([[1.0, 2.0]] * 4), 3), [[1, 2]] * 3)


def test_resampling_needs_a_point_and_two_frames():
    with pytest.raises(ValueError, match="found 1 points and n_frames = 1"):
        resample(np.zeros((1, 2)), 1)
    with pytest.raises(ValueError, match="found 0 points"):
        resample(np.zeros((0, 2)), 5)


def test_straight_line():
    a, b = np.array([[0.0, 1.0], [5.0, 5.0]]), np.array([[3.0, 1.0], [5.0, 5.0]])
    lines = straight_line(a, b, 4)
    np.testing.assert_allclose(lines[0], [[0, 1], [1, 1], [2, 1], [3, 1]])
    np.testing.assert_array_equal(lines[1], np.full((4, 2), 5.0))
    np.testing.assert_allclose(straight_line(a[0], b[0], 7), resample(np.stack([a[0], b[0]]), 7))
