"""Variational hierarchical priors (VHP): models, objectives, schedules and measures.

    model = vhp.load("model.safetensors")     # or a run's folder: a TrainedModel
    model.encode(x), model.sample(n), model.decode(z), model.nll(x), model.likelihood(x), model.interpolate(a, b)
    vhp.save(vae, "model.safetensors")        # a model that you trained

Importing this package imports nothing else, so that a program depends only on the modules that it names:

    trained      what `load` gives: arrays in, arrays out
    model        networks, p(x|z) and the constraint C, priors p(z) (one file each), the VAE of all three
    objective    bounds that are optimised, and schedules of beta (Rewo, Geco, WarmUp)
    methods      one file per row of the table
    training     how a model is fitted; snapshots of its latent space
    likelihood   -log p(x) by importance sampling, and where a bound loses its nats
    latent       the prior's k-NN graph, interpolation on it, and measures of paths and of the latent space
    device       compilation, precision and memory
    datasets     a package per data set
    figures      a file per figure
    resumable    checkpoints: how interrupted work is resumed

Axis order everywhere: (importance sample, batch, feature). Log-densities are in nats.

The paper: Klushyn et al. 2019, Learning Hierarchical Priors in VAEs (NeurIPS 2019, arXiv 1905.04982). A docstring with
`poster: "..."` names a section of its NeurIPS poster.
"""

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vhp.model.vae import VAE
    from vhp.trained import TrainedModel

__version__ = "0.1.0"


def load(source: "str | PathLike[str]", device: str = "cpu") -> "TrainedModel":
    """The trained model in a file, or in a folder with `model.safetensors`, such as a run's.

    Raises FileNotFoundError if there is none, and ValueError for a file that is damaged or holds weights alone.
    """
    from vhp import trained

    return trained.load(source, device)


def save(model: "VAE", file: "str | PathLike[str]", about: Mapping[str, Any] | None = None) -> None:
    """Write a trained model as a file that `load` reads. about: JSON values that are kept with it.

    Raises ValueError for a model that `load` would refuse: without a prior of vhp.model.priors, or with weights that
    are not float32 or not finite. Raises OSError.
    """
    from vhp.model import files

    files.save(model, file, about)
