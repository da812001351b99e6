"""The refined estimate of one image: its weights, and what they say of log p(x)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vhp.device.compilation import compiled
from vhp.device.precision import autocast
from vhp.likelihood.chunks import chunk_rows
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.likelihood.joint import Joint
from vhp.likelihood.numbers import noise
from vhp.likelihood.pareto import k_hat
from vhp.likelihood.refined.proposal import Proposal, mixture_log_prob, proposal_noise_width

LogWeights = Callable[[Tensor, int, Proposal], Tensor]  # x (1, D), the image's number, its proposal -> (S,)


def log_weights_of(
    joint: Joint, settings: LikelihoodSettings, seed: int, compile: bool, dtype: torch.dtype
) -> LogWeights:
    """A function that draws S samples from a proposal and gives log p(x, u) - log q(u) of each.

    compile: whether the densities are compiled. dtype: of samples and densities.
    """

    def chunk_weights(x: Tensor, u: Tensor, *mixture: Tensor) -> Tensor:
        log_prior = joint.log_prior(u)
        return joint.log_likelihood(x, u) + log_prior - mixture_log_prob(joint, u, log_prior, *mixture)

    def log_weights(x: Tensor, number: int, proposal: Proposal) -> Tensor:
        eps = noise(seed, [number], settings.n_samples, proposal_noise_width(joint.width), x.device).to(dtype)
        u, mixture = proposal.drawn(joint, eps), proposal.parameters()
        # All chunks have one size, since another would be compiled anew: the last is filled up with its last sample.
        n_chunks = math.ceil(len(u) / chunk_rows(joint.model, dtype, x.device))
        size = math.ceil(len(u) / n_chunks)
        u = torch.cat([u, u[-1:].expand(n_chunks * size - len(u), -1, -1)])
        with precision:
            parts = [chunk_weights(x, part, *mixture) for part in u.split(size)]
        return torch.cat(parts)[: settings.n_samples, 0].double()

    chunk_weights = compiled(chunk_weights, compile)
    precision = autocast(settings.precision, next(joint.model.parameters()).device)
    return log_weights


def summed_up(log_w: Tensor, counts: list[int]) -> Tensor:
    """log-weights (S,) -> (4,): log of their mean, effective samples, standard error of the first, Pareto k-hat.

    counts: samples of each component, in their order. The error is that of a mean over strata, by the delta method.
    """
    n, largest = len(log_w), log_w.max()
    w = torch.exp(log_w - largest)
    variance = sum(len(part) * part.var() for part in w.split(counts)) / n**2
    return torch.stack(
        [
            largest + w.mean().log(),
            w.sum().square() / w.square().sum(),
            variance.sqrt() / w.mean(),
            k_hat(log_w[:, None])[0],
        ]
    )
