"""Which images' estimates can be trusted: a rule that sees what a standard error cannot.

The error that is made from importance weights is itself wrong where few of them matter, and where a mode has no sample.
"""

import torch
from torch import Tensor

from vhp.likelihood.pareto import trusted_below
from vhp.likelihood.thresholds import LOW_ESS

# From a second estimate, in standard errors of the difference and in nats: farther apart, one of the two is wrong.
APART, LEAST_APART = 3.0, 0.02


def heavy_tailed(effective_samples: Tensor, k_hat: Tensor, n_samples: int) -> Tensor:
    """From the weights alone: (N,) bool. Too few effective samples, or a tail too heavy for a mean of n_samples."""
    return (effective_samples < LOW_ESS) | (k_hat > trusted_below(n_samples))


def apart(a: Tensor, b: Tensor, a_se: Tensor, b_se: Tensor) -> Tensor:
    """Where two estimates with these errors do not agree, or one of them is no number: (N,) bool."""
    return ~((a - b).abs() <= torch.hypot(a_se, b_se).mul(APART).clamp_min(LEAST_APART))
