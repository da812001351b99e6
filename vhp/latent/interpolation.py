"""Interpolations between test examples: along the graph on a prior's samples, and straight.

Poster: "Graph-Based Interpolation". A model enters as two functions, `encode` and `decode`.

A path begins and ends at the examples' own posterior means, each joined to its nearest node: between the nodes alone,
every method would have other ends, and one whose nodes lie far from the data would have an easier way.
"""

import logging
from collections.abc import Callable

import numpy as np

from vhp.latent.graph import LatentGraph
from vhp.latent.polyline import arc_length, resample, straight_line
from vhp.latent.strays import without_strays
from vhp.seeds import PAIRS_SEED

logger = logging.getLogger(__name__)

Encode = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # x (n, D) -> mean, std of q(z|x), (n, d_z) each
Decode = Callable[[np.ndarray], np.ndarray]  # z (..., d_z) -> E[x|z] (..., D)


def example_pairs(n_total: int, n_pairs: int) -> np.ndarray:
    """(n_pairs, 2) int32, two different test examples per row; fewer pairs are the first of more.

    Raises ValueError for fewer than two examples.
    """
    rng = np.random.Generator(np.random.PCG64(PAIRS_SEED))
    return np.stack([rng.choice(n_total, 2, replace=False) for _ in range(n_pairs)]).astype(np.int32)


def interpolate(
    prior: np.ndarray,
    test: np.ndarray,
    encode: Encode,
    decode: Decode,
    k: int,
    trim: float,
    n_paths: int,
    n_frames: int,
) -> tuple[dict[str, np.ndarray], LatentGraph]:
    """The paths between n_paths pairs of test examples, the straight lines between the same ends, and the graph.

    prior: samples (N, d_z), of which the share `trim` is left out that lie alone; test: (n, D) float32 in the data's
    unit. A path runs from an example's posterior mean to the node nearest to it, along the graph, and from the node
    nearest to the other's posterior mean to that; where there is none its entries are NaN. The arrays, P = n_paths,
    T = n_frames, d_z and D those of the model:

    edges            (E, 2) int32         edge_lengths     (E,)             components       (N,) int32
    pairs            (P, 2) int32, nodes  pair_examples    (P, 2) int32     found            (P,) bool
    end_distance     (P, 2), of the examples' posterior means to the nodes  path_length      (P,)
    end_error        (P, 2), RMS per dimension, of a path's ends decoded    straight_length  (P,)
    path_z           (P, T, d_z)          path_x           (P, T, D)        straight_x       (P, T, D)
    """
    graph = LatentGraph(without_strays(prior, k, trim), k)
    logger.info("graph: %d nodes, %d edges, %d component(s)", len(graph.nodes), len(graph.edges), graph.n_components)

    examples = example_pairs(len(test), n_paths)
    x = test[examples.ravel()]
    mean, _ = encode(x)
    ends = graph.nearest(mean)
    pairs = ends.reshape(-1, 2)
    paths = graph.shortest_paths(pairs)
    found = np.array([path is not None for path in paths])
    logger.info("paths: %d of %d found", found.sum(), len(found))

    start, goal = mean[::2], mean[1::2]
    path_length = np.full(n_paths, np.nan, np.float32)
    path_z = np.full((n_paths, n_frames, prior.shape[1]), np.nan, np.float32)
    path_x = np.full((n_paths, n_frames, test.shape[1]), np.nan, np.float32)
    for i in np.flatnonzero(found):
        points = np.concatenate([start[i : i + 1], graph.nodes[paths[i]], goal[i : i + 1]])
        path_length[i], path_z[i] = arc_length(points), resample(points, n_frames)
        path_x[i] = decode(path_z[i])
    arrays = {
        "edges": graph.edges,
        "edge_lengths": graph.lengths.astype(np.float32),
        "components": graph.component.astype(np.int32),
        "pairs": pairs.astype(np.int32),
        "pair_examples": examples,
        "end_error": _rms(decode(mean) - x).reshape(-1, 2),
        "end_distance": np.linalg.norm(graph.nodes[ends] - mean, axis=1).reshape(-1, 2).astype(np.float32),
        "found": found,
        "path_z": path_z,
        "path_x": path_x,
        "straight_x": decode(straight_line(start, goal, n_frames)),
        "path_length": path_length,
        "straight_length": np.linalg.norm(goal - start, axis=1).astype(np.float32),
    }
    return arrays, graph


def _rms(x: np.ndarray) -> np.ndarray:
    """(n, D) -> (n,)."""
    return np.sqrt(np.mean(x**2, axis=1))


def summary(arrays: dict[str, np.ndarray], graph: LatentGraph, k: int) -> dict[str, float | int | None]:
    """Of what interpolate() gave, the numbers.

    path_length_ratio: path length / straight length, mean and standard deviation over the paths found whose ends
    differ; None of too few. same_node: share of pairs whose two examples have the same nearest node.
    """
    found, straight = arrays["found"], arrays["straight_length"]
    moving = found & (straight > 0)
    ratio = arrays["path_length"][moving].astype(float) / straight[moving]
    return {
        "n_nodes": len(graph.nodes),
        "k": k,
        "components": graph.n_components,
        "n_paths": len(found),
        "n_frames": arrays["path_z"].shape[1],
        "unreachable": float(np.mean(~found)),
        "same_node": float(np.mean(arrays["pairs"][:, 0] == arrays["pairs"][:, 1])),
        "path_length_ratio": float(ratio.mean()) if len(ratio) else None,
        "path_length_ratio_std": float(ratio.std(ddof=1)) if len(ratio) > 1 else None,
    }
