"""log p(x|z) of every pair of a decoded z and an image, by one matrix product instead of a difference for each pair."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vhp.model.distributions import LOG_2PI
from vhp.model.observation import Bernoulli, Gaussian


def pair_log_likelihoods(observation: nn.Module, x: Tensor, out: Tensor) -> Tensor:
    """log p(x_j|z_i), nats: x (n, D), decoder outputs (m, D) -> (m, n).

    The Gaussian's squared distance is expanded, about the outputs' median c, the same for all images: about 0, data far
    from it would cancel, and a mean would follow a single output that is far from all others. It costs float32
    |x - c|^2 / sigma^2 times its rounding; about 0 that was 0.01 nats of the pendulum's images. Raises TypeError for a
    distribution that is not known here.
    """
    if isinstance(observation, Bernoulli):
        return out @ x.T - softplus(out).sum(-1)[:, None]
    if isinstance(observation, Gaussian):
        centre = out.median(0).values
        x, out = x - centre, out - centre
        squared = out.square().sum(-1)[:, None] - 2 * out @ x.T + x.square().sum(-1)
        log_var = observation.log_var
        return -0.5 * (x.shape[-1] * (LOG_2PI + log_var) + squared * torch.exp(-log_var))
    raise TypeError(f"found {type(observation).__name__} for p(x|z), expected Bernoulli or Gaussian")
