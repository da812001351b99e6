"""Samples that lie alone, on a ring with some of them inside."""

import numpy as np
import pytest

from vhp.latent.graph import LatentGraph
from vhp.latent.polyline import arc_length
from vhp.latent.strays import without_strays


def ring_with_strays(n: int = 500, n_strays: int = 12) -> np.ndarray:
    """Strays on a line across the ring, at every 40th place."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(-np.pi, np.pi, n)
    z = np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.01, (n, 2))
    z[: 40 * n_strays : 40] = np.stack([np.linspace(-0.8, 0.8, n_strays), np.zeros(n_strays)], 1)
    return z


def reference(z: np.ndarray, k: int, n_left_out: int) -> np.ndarray:
    distances = np.sort(np.linalg.norm(z[:, None] - z[None], axis=-1), axis=1)[:, k]  # column 0: itself
    left_out = sorted(range(len(z)), key=lambda i: (distances[i], i))[len(z) - n_left_out :]
    return np.array([x for i, x in enumerate(z) if i not in left_out])


@pytest.mark.parametrize("share", [0.0, 0.0019, 0.002, 0.03, 0.5, 0.999])
def test_the_samples_farthest_from_their_kth_neighbour_are_left_out_and_the_rest_keep_their_order(share):
    z = ring_with_strays()
    np.testing.assert_array_equal(without_strays(z, 10, share), reference(z, 10, int(share * len(z))))


def test_without_strays_a_path_keeps_to_the_ring():
    z = ring_with_strays()

    def length(nodes):
        graph = LatentGraph(nodes, 10)
        pair = graph.nearest(np.array([[-1.0, 0.0], [1.0, 0.0]]))
        return arc_length(nodes[graph.shortest_paths([pair])[0]])

    assert length(z) < 2.3  # straight across
    assert length(without_strays(z, 10, 0.04)) == pytest.approx(np.pi, rel=0.05)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_range(share):
    with pytest.raises(ValueError, match=r"expected it in \[0, 1\)"):
        without_strays(ring_with_strays(), 10, share)


def test_more_neighbours_than_samples():
    with pytest.raises(ValueError, match="found k = 500 neighbours for N = 500 samples"):
        without_strays(ring_with_strays(), 500, 0.1)
