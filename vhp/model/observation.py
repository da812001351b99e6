"""The decoder's distribution p_theta(x|z), and C, the reconstruction term that the constraint bounds.

C is per data dimension, so that kappa does not depend on the size of an image (poster: "Variational Autoencoders as a
Constrained Optimisation Problem").
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vhp.model.distributions import LOG_2PI, bernoulli_log_prob


class Bernoulli(nn.Module):
    """Pixels in {0, 1}; the decoder gives logits."""

    unit_interval = True  # x lives in [0, 1]

    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """log p(x|z) in nats: x (batch, D), decoder output (..., batch, D) -> (..., batch)."""
        return bernoulli_log_prob(x, out)

    def log_prob_of_pairs(self, x: Tensor, out: Tensor) -> Tensor:
        """log p(x_j|z_i), nats, by one matrix product: x (n, D), decoder outputs (m, D) -> (m, n)."""
        return out @ x.T - softplus(out).sum(-1)[:, None]

    def sample(self, out: Tensor, eps: Tensor) -> Tensor:
        """x of 0.0 and 1.0 from decoder outputs and standard normal noise, (..., D) each -> (..., D)."""
        return (torch.special.ndtr(eps) < torch.sigmoid(out)).to(out)

    def constraint(self, x: Tensor, out: Tensor, log_prob: Tensor) -> Tensor:
        """C = -log p(x|z) / D, nats per pixel, (..., batch)."""
        return -log_prob / x.shape[-1]

    def mean(self, out: Tensor) -> Tensor:
        """E[x|z], the picture to show."""
        return torch.sigmoid(out)


class Gaussian(nn.Module):
    """Real x with one learned noise variance for all dimensions; the decoder gives the mean."""

    unit_interval = False

    def __init__(self, sigma: float = 0.1):
        """sigma: the noise's initial standard deviation, in the data's unit."""
        super().__init__()
        self.log_var = nn.Parameter(2 * torch.tensor(sigma).log())

    def log_prob(self, x: Tensor, out: Tensor) -> Tensor:
        """log p(x|z) in nats: x (batch, D), decoder output (..., batch, D) -> (..., batch)."""
        error = (x - out).square().sum(-1)
        return -0.5 * (x.shape[-1] * (LOG_2PI + self.log_var) + error * torch.exp(-self.log_var))

    def log_prob_of_pairs(self, x: Tensor, out: Tensor) -> Tensor:
        """log p(x_j|z_i), nats, by one matrix product: x (n, D), decoder outputs (m, D) -> (m, n).

        The squared distance is expanded, about the outputs' median c, the same for all images: about 0, data far from
        it would cancel, and a mean would follow a single output that is far from all others. It costs float32
        |x - c|^2 / sigma^2 times its rounding; about 0 that was 0.01 nats of the pendulum's images.
        """
        centre = out.median(0).values
        x, out = x - centre, out - centre
        squared = out.square().sum(-1)[:, None] - 2 * out @ x.T + x.square().sum(-1)
        return -0.5 * (x.shape[-1] * (LOG_2PI + self.log_var) + squared * torch.exp(-self.log_var))

    def sample(self, out: Tensor, eps: Tensor) -> Tensor:
        """x from decoder outputs and standard normal noise, (..., D) each -> (..., D)."""
        return out + torch.exp(0.5 * self.log_var.detach()) * eps

    def constraint(self, x: Tensor, out: Tensor, log_prob: Tensor) -> Tensor:
        """C = mean squared error per dimension, in squared data units, (..., batch)."""
        return (x - out).square().mean(-1)

    def mean(self, out: Tensor) -> Tensor:
        """E[x|z], the picture to show."""
        return out


OBSERVATIONS = {"bernoulli": Bernoulli, "gaussian": Gaussian}
