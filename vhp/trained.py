"""A trained model with arrays at its door: load a file, then encode, sample, decode, measure and interpolate.

Arrays in, NumPy arrays out. What these functions are made of takes tensors, and settings: vhp.model, vhp.likelihood,
vhp.latent.
"""

import os
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from vhp.datasets.arrays import rows
from vhp.datasets.batches import as_means
from vhp.latent.graph import LatentGraph
from vhp.latent.polyline import arc_length, resample
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.likelihood.reliability import heavy_tailed
from vhp.model import codec
from vhp.model.evaluation_mode import evaluating
from vhp.model.loading import read
from vhp.model.vae import VAE
from vhp.seeds import EVALUATION_SEED

# How a proposal is sought: as in the budget `paper`; the tables of latent planes have 6 modes and no centring.
REFINEMENT = RefinedSettings(pilot=256, enough=0.3, modes=4, steps=40, centring=10, rounds=3)


class Posterior(NamedTuple):
    """q_phi(z|x) of each example, a Gaussian with diagonal covariance."""

    mean: np.ndarray  # (N, d_z) float32
    std: np.ndarray  # (N, d_z) float32


class Likelihood(NamedTuple):
    """Of each of N examples an estimate of log p(x), and how far to trust it: (N,) float64 where nothing is said."""

    log_likelihood: np.ndarray  # nats; in expectation below log p(x), and closer with more samples
    monte_carlo_se: np.ndarray  # its standard error, nats, from the spread of the weights; wrong where not trusted
    effective_samples: np.ndarray  # from 1 to n_samples; below 10 an estimate may be too low by many nats
    k_hat: np.ndarray  # Pareto shape of the largest weights: no mean can be trusted above 0.7 (of 100 samples 0.5)
    trusted: np.ndarray  # (N,) bool: enough effective samples, and no heavy tail (vhp.likelihood.reliability)


class Interpolation(NamedTuple):
    """A path between two examples on the graph of the prior's samples, its points at equal distance."""

    z: np.ndarray  # (n_frames, d_z) float64
    x: np.ndarray  # (n_frames, D) float32, decoded
    length: float  # of the path, a Euclidean distance in latent space


class TrainedModel:
    """A trained model: vhp.load makes it of a file.

    Examples x are (N, D), or images (N, height, width). Of a model of binary pixels (observation "bernoulli") uint8 is
    255 times the probability of a one, floats are the probability, from 0 to 1. Of a model of real values
    ("gaussian") floats are in the data's unit. Anything else is a ValueError that says what was found and expected.

    vae       the model itself, vhp.model.vae.VAE, in evaluation mode
    about     what its file says of it: for a run of the pipeline its data set, method, settings and code
    """

    def __init__(self, vae: VAE, about: dict[str, Any]):
        self.vae, self.about = vae, about
        self._graphs: dict[tuple[int, int, int], LatentGraph] = {}

    def __repr__(self) -> str:
        run = self.about.get("run", {})
        made = f", {run['method']} on {run['dataset']}" if {"method", "dataset"} <= run.keys() else ""
        prior = type(self.vae.prior).__name__
        return f"TrainedModel(D={self.vae.n_dims}, d_z={self.vae.d_z}, prior={prior}{made})"

    @property
    def device(self) -> torch.device:
        return next(self.vae.parameters()).device

    def encode(self, x: ArrayLike | Tensor) -> Posterior:
        """q_phi(z|x) of the examples x, (N, D). Raises ValueError for other arrays."""
        return Posterior(*codec.encode(self.vae, self._means("x", x)))

    def decode(self, z: ArrayLike) -> np.ndarray:
        """E[x|z], z (..., d_z) -> (..., D) float32: probabilities of a one, or values in the data's unit.

        Raises ValueError for another d_z.
        """
        points = np.asarray(z, np.float32)
        if points.shape[-1:] != (self.vae.d_z,):
            raise ValueError(f"z: found the shape {points.shape}, expected (..., {self.vae.d_z})")
        return codec.decode(self.vae, points)

    @torch.no_grad()
    def sample_prior(self, n: int, seed: int = 0) -> np.ndarray:
        """n samples of the prior, (n, d_z) float32; one seed gives one sample."""
        devices = [self.device] if self.device.type == "cuda" else []
        with evaluating(self.vae), torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            return self.vae.prior.sample(n).cpu().numpy()

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """E[x|z] of n samples z of the prior, (n, D) float32; the z are those of sample_prior."""
        return self.decode(self.sample_prior(n, seed))

    def nll(self, x: ArrayLike | Tensor, n_samples: int = 5000, seed: int = EVALUATION_SEED) -> np.ndarray:
        """-log p(x) of each example in nats, (N,) float64: `likelihood` without its signs of trust.

        x: as of `likelihood`. The noise of an example follows its position in x, so that its value in another array
        differs within the Monte Carlo error. With the default seed and a data set's whole test split, the mean is the
        NLL of the benchmark's tables, to within the rounding of bf16 products where its evaluation used them.
        """
        return -self.likelihood(x, n_samples, seed).log_likelihood

    def likelihood(
        self,
        x: ArrayLike | Tensor,
        n_samples: int = 5000,
        seed: int = EVALUATION_SEED,
        refined: bool = False,
        numbers: ArrayLike | None = None,
    ) -> Likelihood:
        """log p(x) of each example by importance sampling (vhp.likelihood.estimate), and which estimates to trust.

        x: binary where the model's pixels are: 0 and 255, or 0.0 and 1.0; a grey image has no probability. refined:
        examples for which the encoder is no good proposal get one of their own (vhp.likelihood.refined); takes longer.
        numbers: (N,) integers from 0 to a million, from which, beside the seed, the noise of each example is drawn; by
        default its position in x. Raises ValueError for other arrays.
        """
        test = rows("x", x, self.vae.n_dims, self.vae.observation.unit_interval, binary=True).to(self.device)
        of = None if numbers is None else _numbers(numbers, len(test))
        settings = LikelihoodSettings(n_samples=n_samples, precision="float32", compile=False)
        encoder = estimate(self.vae, test, settings, seed, of)
        found = refine(self.vae, test, encoder, settings, REFINEMENT, seed, of) if refined else encoder
        trusted = ~heavy_tailed(found.effective_samples, found.k_hat, n_samples)
        values = found.log_likelihood, found.monte_carlo_se, found.effective_samples, found.k_hat, trusted
        return Likelihood(*(value.numpy() for value in values))

    def interpolate(
        self, a: ArrayLike, b: ArrayLike, n_frames: int = 60, n_nodes: int = 2000, k: int = 10, seed: int = 0
    ) -> Interpolation:
        """From example a to example b, (D,) or (height, width) each, along the graph of the paper.

        Its n_nodes nodes are samples of the prior, each joined to its k nearest neighbours. The path begins at the mean
        of q_phi(z|a), goes to the node nearest to it, by the shortest way to the one nearest to the mean of q_phi(z|b),
        and ends at that: as those of the benchmark (vhp.latent.interpolation). The graph is kept for the next call.
        Raises ValueError where there is no path, for examples as encode, k not below n_nodes, and n_frames below 2.
        """
        graph = self._graph(n_nodes, k, seed)
        ends = [codec.encode(self.vae, self._means(name, _one(x)))[0] for name, x in (("a", a), ("b", b))]
        means = np.concatenate(ends)  # (2, d_z)
        start, goal = graph.nearest(means)
        [path] = graph.shortest_paths([(start, goal)])
        if path is None:
            found = f"found no path: the {n_nodes} samples of the prior fall into {graph.n_components} components"
            raise ValueError(f"{found}, expected one that has both ends; ask for a larger k or more nodes")
        points = np.concatenate([means[:1], graph.nodes[path], means[1:]])
        z = resample(points, n_frames)
        return Interpolation(z, self.decode(z), arc_length(points))

    def _graph(self, n_nodes: int, k: int, seed: int) -> LatentGraph:
        if (key := (n_nodes, k, seed)) not in self._graphs:
            self._graphs[key] = LatentGraph(self.sample_prior(n_nodes, seed), k)
        return self._graphs[key]

    def _means(self, name: str, x: ArrayLike | Tensor) -> np.ndarray:
        return as_means(rows(name, x, self.vae.n_dims, self.vae.observation.unit_interval)).numpy()


def _one(x: ArrayLike | Tensor) -> np.ndarray | Tensor:
    """An example as an array of one."""
    return x[None] if isinstance(x, Tensor) else np.asarray(x)[None]


def _numbers(numbers: ArrayLike, n: int) -> Tensor:
    array = np.asarray(numbers)
    if array.shape != (n,) or array.dtype.kind not in "iu":
        raise ValueError(f"numbers: found {array.dtype} {array.shape}, expected an integer for each of {n} examples")
    if array.size and array.max() >= 2**63:  # which a signed integer does not hold
        raise ValueError(f"numbers: found {array.max()}, expected the positions of examples, or other small integers")
    return torch.from_numpy(array.astype(np.int64))


def load(source: str | os.PathLike[str], device: str | torch.device = "cpu") -> TrainedModel:
    """The model of a file, or of a folder with `model.safetensors`; see vhp.model.loading.read for errors."""
    model, about = read(source)
    return TrainedModel(model.to(device), about)
