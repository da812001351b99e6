"""How far the estimates of log p(x) are from the truth: annealed bounds on both sides of it, on simulated data.

Of data that are simulated from the model the posterior's sample is known, so that there is an upper bound, too (BDMC,
Grosse et al. 2015). Of real data there is the lower bound alone; how far it is off there, the simulated data tell, as
far as they are like the real ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from vhp.datasets.batches import as_means
from vhp.likelihood.annealing import AnnealingSettings, Chains, lower_bound, simulated, upper_bound
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.model.vae import VAE
from vhp.resumable import ONE_SITTING, Resumable

IMAGES = 20  # annealed at once


@dataclass(frozen=True)
class Sandwich:
    """log p(x) of N images, nats, (N,) each."""

    encoder: Tensor  # importance sampling from the encoder's posterior
    refined: Tensor  # from each image's own proposal
    lower: Tensor  # annealed
    upper: Tensor | None  # annealed backwards; None for data that were not simulated


def both_estimates(
    model: VAE, x: Tensor, settings: LikelihoodSettings, refinement: RefinedSettings, seed: int
) -> tuple[Tensor, Tensor]:
    """By the encoder's proposal and by the images' own: log p(x), (N,) each."""
    encoder = estimate(model, x, settings, seed)
    return encoder.log_likelihood, refine(model, x, encoder, settings, refinement, seed).log_likelihood


def sandwich(
    model: VAE,
    x: Tensor | int,
    settings: LikelihoodSettings,
    refinement: RefinedSettings,
    annealing: AnnealingSettings,
    seed: int,
    resumable: Resumable = ONE_SITTING,
) -> Sandwich:
    """x: images (N, D), as for vhp.likelihood.estimate, or how many to simulate from the model.

    resumable: its progress is shown, in batches of images.
    """
    joint, u = Joint(model), None
    if isinstance(x, int):
        x, u = simulated(joint, seed, range(x))
    means, lower, upper = as_means(x), [], []
    for index in resumable.progress(torch.arange(len(x)).split(IMAGES)):
        chains = Chains(joint, means[index.to(x.device)], annealing, seed, index.tolist())
        steps = chains.tuned()
        lower.append(lower_bound(chains.forward(steps)))
        if u is not None:
            upper.append(upper_bound(chains.reverse(steps, u[index.to(x.device)])))
    estimates = both_estimates(model, x, settings, refinement, seed)
    return Sandwich(*estimates, torch.cat(lower).cpu(), torch.cat(upper).cpu() if upper else None)
