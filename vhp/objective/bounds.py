"""The bounds that are optimised. Each combines log-probabilities; none knows a network or a prior."""

import math

import torch
from torch import Tensor

from vhp.objective.terms import Terms


def elbo(t: Terms, beta: Tensor | float = 1.0) -> Tensor:
    """log p(x|z) - beta F(x), F = log q(z|x) - log p(z), averaged over the samples: (batch,).

    beta = 1 is the evidence lower bound. With the hierarchical prior F is the paper's upper bound on the KL.
    """
    return (t.log_likelihood - beta * (t.log_posterior - t.log_prior)).mean(0)


def log_weight(t: Terms) -> Tensor:
    """log p(x|z) + log p(z) - log q(z|x), the importance weight of each sample: (n, batch)."""
    return t.log_likelihood + t.log_prior - t.log_posterior


def importance_weighted_bound(t: Terms, beta: Tensor | float = 1.0) -> Tensor:
    """log 1/n sum_i p(x|z_i) p(z_i) / q(z_i|x): (batch,) (Burda et al. 2016). It has no beta; the argument is unused.

    With n_zeta = 1 and a hierarchical prior, each weight is that of a joint sample (z, zeta): the IWAE with L = 2.
    """
    log_w = log_weight(t)
    return torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])
