"""Interpolate on the graph of a run's own prior: runs/<run>/ gets interpolation.{npz,json} and graph.graphml.

The npz also holds what the figures of a run's latent space and images need, so that drawing them takes no model.
"""

import argparse
import logging

import networkx
import numpy as np
import torch

from stages import logs
from stages.files import replacing, write_json, write_npz
from stages.runs.run import load_model, open_run
from vhp.datasets.batches import as_means
from vhp.latent.graph import LatentGraph
from vhp.latent.polyline import arc_length, resample, straight_line
from vhp.latent.strays import without_strays
from vhp.model.vae import VAE

logger = logging.getLogger(__name__)

# The test examples are the same for every method and seed of a data set, so that rows differ by the model alone.
PAIRS_SEED, POSTERIOR_SEED, SHOWN_SEED = 11, 12, 13
# Added to the run's seed: the nodes do not repeat the noise that the weights were drawn from.
PRIOR_SEED = 1_000_000

N_POSTERIOR = 2_000  # test examples whose posterior is kept, for the scatter plots
N_SHOWN = 16  # originals and reconstructions
N_SAMPLES = 64
BATCH = 4_096  # latent points decoded at once


def random_subset(n_total: int, n_wanted: int, seed: int) -> np.ndarray:
    """(min(n_total, n_wanted),) int32 distinct indices in random order."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(n_total)[:n_wanted].astype(np.int32)


def example_pairs(n_total: int, n_pairs: int) -> np.ndarray:
    """(n_pairs, 2) int32, two different test examples per row; fewer pairs are the first of more.

    Raises ValueError for fewer than two examples.
    """
    rng = np.random.Generator(np.random.PCG64(PAIRS_SEED))
    return np.stack([rng.choice(n_total, 2, replace=False) for _ in range(n_pairs)]).astype(np.int32)


def encode(model: VAE, x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of q_phi(z|x), (n, d_z) each."""
    mean, log_var = model.encoder(as_means(x))
    return mean.cpu().numpy(), torch.exp(0.5 * log_var).cpu().numpy()


def decode(model: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z]: (..., d_z) -> (..., D) float32."""
    device = next(model.parameters()).device
    flat = torch.from_numpy(z.reshape(-1, model.d_z).astype(np.float32))
    x = [model.observation.mean(model.decode(batch.to(device))).cpu().numpy() for batch in flat.split(BATCH)]
    return np.concatenate(x).reshape(*z.shape[:-1], model.n_dims)


def graph_arrays(
    model: VAE, test: torch.Tensor, n_nodes: int, k: int, trim: float, n_paths: int, n_frames: int
) -> tuple[dict[str, np.ndarray], LatentGraph]:
    """The graph on samples of the prior, the paths between pairs of test examples and the straight lines."""
    graph = LatentGraph(without_strays(model.prior.sample(n_nodes).cpu().numpy(), k, trim), k)
    logger.info("graph: %d nodes, %d edges, %d component(s)", len(graph.nodes), len(graph.edges), graph.n_components)

    examples = example_pairs(len(test), n_paths)
    shown = test[torch.from_numpy(examples.ravel()).long()]
    mean, _ = encode(model, shown)
    ends = graph.nearest(mean)
    pairs = ends.reshape(-1, 2)
    paths = graph.shortest_paths(pairs)
    found = np.array([path is not None for path in paths])
    logger.info("paths: %d of %d found", found.sum(), len(found))

    path_length = np.full(n_paths, np.nan, np.float32)
    path_z = np.full((n_paths, n_frames, model.d_z), np.nan, np.float32)
    path_x = np.full((n_paths, n_frames, model.n_dims), np.nan, np.float32)
    for i in np.flatnonzero(found):
        points = graph.nodes[paths[i]]
        path_length[i], path_z[i] = arc_length(points), resample(points, n_frames)
        path_x[i] = decode(model, path_z[i])
    start, goal = graph.nodes[pairs[:, 0]], graph.nodes[pairs[:, 1]]
    arrays = {
        "nodes": graph.nodes,
        "edges": graph.edges,
        "edge_lengths": graph.lengths.astype(np.float32),
        "components": graph.component.astype(np.int32),
        "pairs": pairs.astype(np.int32),
        "pair_examples": examples,
        "end_error": _rms(decode(model, graph.nodes[ends]) - as_means(shown).cpu().numpy()).reshape(-1, 2),
        "end_distance": np.linalg.norm(graph.nodes[ends] - mean, axis=1).reshape(-1, 2).astype(np.float32),
        "found": found,
        "path_z": path_z,
        "path_x": path_x,
        "straight_x": decode(model, straight_line(start, goal, n_frames)),
        "path_length": path_length,
        "straight_length": np.linalg.norm(goal - start, axis=1).astype(np.float32),
    }
    return arrays, graph


def _rms(x: np.ndarray) -> np.ndarray:
    """(n, D) -> (n,)."""
    return np.sqrt(np.mean(x**2, axis=1))


def gallery_arrays(model: VAE, test: torch.Tensor) -> dict[str, np.ndarray]:
    """Posteriors, reconstructions and samples, for the figures."""
    posterior_example = random_subset(len(test), N_POSTERIOR, POSTERIOR_SEED)
    posterior_mean, posterior_std = encode(model, test[torch.from_numpy(posterior_example).long()])
    originals = test[torch.from_numpy(random_subset(len(test), N_SHOWN, SHOWN_SEED)).long()]
    return {
        "posterior_example": posterior_example,
        "posterior_mean": posterior_mean,
        "posterior_std": posterior_std,
        "samples": decode(model, model.prior.sample(N_SAMPLES).cpu().numpy()),
        "originals": as_means(originals).cpu().numpy(),
        "reconstructions": decode(model, encode(model, originals)[0]),
    }


def summary(arrays: dict[str, np.ndarray], graph: LatentGraph, k: int) -> dict[str, float | int | None]:
    """path_length_ratio: path length / straight length, mean and standard deviation over the paths found whose ends
    differ; None of too few.

    same_node: share of pairs whose two examples have the same nearest node; their path is a point.
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


@torch.no_grad()
def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    try:
        run = open_run(parser.parse_args().run)
        model = load_model(run)
        settings = run.config["interpolation"]
        torch.manual_seed(PRIOR_SEED + run.config["run"]["seed"])
        arrays, graph = graph_arrays(model, run.splits["test"], **settings)
        arrays |= gallery_arrays(model, run.splits["test"])
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"interpolate: {error}") from error
    write_npz(run.folder / "interpolation.npz", arrays)
    with replacing(run.folder / "graph.graphml") as temporary:
        # Not write_graphml, which takes another writer where lxml happens to be installed: other bytes.
        networkx.write_graphml_xml(graph.to_networkx(), temporary)
    write_json(run.folder / "interpolation.json", summary(arrays, graph, settings["k"]))


if __name__ == "__main__":
    main()
