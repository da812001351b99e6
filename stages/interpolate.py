"""Interpolate on the graph of a run's own prior: the run gets paths.npz, interpolation.json and graph.graphml.

And latent_space.npz and gallery.npz, samples in latent space and pictures: measuring and drawing them takes no model.
"""

import argparse
import time
from functools import partial

import networkx
import numpy as np
import torch

from stages.command import command
from stages.files import replacing, write_json, write_npz
from stages.runs import machine
from stages.runs.run import load_model, open_run
from stages.runs.subsets import posterior_examples, shown_examples
from vhp.datasets.batches import as_means
from vhp.latent.interpolation import interpolate, summary
from vhp.model.codec import decode, encode
from vhp.model.vae import VAE
from vhp.seeds import PRIOR_SEED

N_SAMPLES = 64  # of the prior, decoded


def latent_space(model: VAE, test: np.ndarray, prior: np.ndarray, nodes: np.ndarray) -> dict[str, np.ndarray]:
    """The prior's samples and the posteriors of some test examples: test (n, D) float32.

    prior (n_nodes, d_z): all samples; nodes (N, d_z): those of the graph, without the trimmed ones.
    """
    example = posterior_examples(len(test))
    mean, std = encode(model, test[example])
    arrays = {"prior": prior, "nodes": nodes, "posterior_example": example}
    return arrays | {"posterior_mean": mean, "posterior_std": std}


def gallery(model: VAE, test: np.ndarray, prior: np.ndarray) -> dict[str, np.ndarray]:
    """What a reader looks at: samples, originals and reconstructions, (n, D) each; prior (N_SAMPLES, d_z)."""
    originals = test[shown_examples(len(test))]
    reconstructions = decode(model, encode(model, originals)[0])
    return {"samples": decode(model, prior), "originals": originals, "reconstructions": reconstructions}


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("interpolate"):
        started = time.monotonic()
        run = open_run(name, "interpolate")
        model = load_model(run)
        settings = dict(run.config["interpolation"])
        test = as_means(run.splits["test"]).cpu().numpy()
        torch.manual_seed(PRIOR_SEED + run.config["run"]["seed"])
        prior, shown = (model.prior.sample(n).cpu().numpy() for n in (settings.pop("n_nodes"), N_SAMPLES))
        paths, graph = interpolate(prior, test, partial(encode, model), partial(decode, model), **settings)
        write_npz(run.folder / "paths.npz", paths)
        write_npz(run.folder / "latent_space.npz", latent_space(model, test, prior, graph.nodes))
        write_npz(run.folder / "gallery.npz", gallery(model, test, shown))
        with replacing(run.folder / "graph.graphml") as temporary:
            # Not write_graphml, which uses another writer if lxml is installed: other bytes.
            networkx.write_graphml_xml(graph.to_networkx(), temporary)
        write_json(run.folder / "interpolation.json", summary(paths, graph, settings["k"]))
        seconds = time.monotonic() - started
        write_json(run.folder / "interpolation_time.json", machine.description(run.device, seconds))


if __name__ == "__main__":
    main()
