"""Pareto k-hat: how heavy the tail of importance weights is, and so how many of their moments there are.

The largest weights are taken for a sample of a generalised Pareto distribution, whose shape k is fitted (Zhang &
Stephens 2009, with the weak prior of Vehtari et al. 2024). Weights have a finite variance for k < 1/2; for k above
about 0.7 neither their mean nor a standard error made of them can be trusted at any practical number of samples. It
sees what the samples have seen: a mode without a sample leaves no trace in it.
"""

import math

import numpy as np
import torch
from torch import Tensor

from vhp.likelihood.thresholds import NO_MEAN

PRIOR_SHAPE, PRIOR_COUNTS = 0.5, 10.0  # of Vehtari et al.: as if ten of the largest weights had told this shape
LEAST_TAIL = 5
# Of a float32 log-weight's last place: a tail that spans no more than so many has no shape but that of rounding.
ROUNDED = 128


def trusted_below(n_samples: int) -> float:
    """The k-hat up to which the mean of so many weights may be trusted: min(1 - 1 / log10 S, NO_MEAN)."""
    return min(1 - 1 / math.log10(n_samples), NO_MEAN) if n_samples > 10 else 0.0


def tail_length(n_samples: int) -> int:
    """How many of S weights are the tail: the smaller of S / 5 and 3 sqrt(S)."""
    return min(n_samples // 5, math.ceil(3 * math.sqrt(n_samples)))


def pareto_shape(excess: np.ndarray) -> np.ndarray:
    """k of a generalised Pareto distribution: its sample (n, batch), above 0 and ascending -> (batch,).

    In NumPy, since torch's sums depend on how many threads share them, and a result should not.
    """
    n = len(excess)
    candidates = 30 + math.isqrt(n)
    j = np.arange(1, candidates + 1)[:, None]
    quartile = excess[math.floor(n / 4 + 0.5) - 1]
    # theta = k / sigma with the opposite sign, at quantiles of its prior.
    theta = 1 / excess[-1] + (1 - np.sqrt(candidates / (j - 0.5))) / (3 * quartile)
    k = np.log1p(-theta[:, None] * excess).mean(1)
    profile = n * (np.log(-theta / k) - k - 1)
    weight = np.exp(profile - profile.max(0))
    theta = (weight * theta).sum(0) / weight.sum(0)
    return np.log1p(-theta * excess).mean(0)


def shape_of_largest(largest: Tensor, n_samples: int) -> Tensor:
    """k-hat from the tail_length + 1 largest of S log-weights, descending: (tail_length + 1, batch) -> (batch,).

    Infinite where a tail has fewer than LEAST_TAIL weights; of equal weights, which have no tail, -infinity.
    """
    length = tail_length(n_samples)
    if length < LEAST_TAIL:
        return torch.full(largest.shape[1:], math.inf, dtype=torch.float64, device=largest.device)
    largest = largest.flip(0)
    excess = torch.exp(largest[1:] - largest[-1]) - torch.exp(largest[0] - largest[-1])
    # Of weights that are equal up to rounding nothing is above the rest: log-weights are sums of float32 densities.
    last_place = torch.finfo(torch.float32).eps * largest[-1].abs().clamp_min(1)
    flat = largest[-1].isfinite() & (largest[-1] - largest[0] <= ROUNDED * last_place)
    excess = excess.clamp_min(torch.finfo(torch.float64).tiny * 2**60)
    # Of a weight that is none, or infinite, the shape is no number either: not trusted.
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = torch.from_numpy(pareto_shape(excess.cpu().numpy())).to(excess)
    k = (shape * length + PRIOR_SHAPE * PRIOR_COUNTS) / (length + PRIOR_COUNTS)
    return torch.where(flat, -math.inf, torch.where(k.isnan(), math.inf, k))


def k_hat(log_weight: Tensor) -> Tensor:
    """log-weights (S, batch) -> (batch,) float64, as shape_of_largest."""
    n_samples = len(log_weight)
    return shape_of_largest(log_weight.double().topk(tail_length(n_samples) + 1, 0).values, n_samples)
