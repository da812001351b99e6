"""Exact densities of small models by quadrature: sums over a grid, for latent variables of one or two dimensions."""

import math

import torch
from torch import Tensor, nn

from vhp.model.distributions import gaussian_log_prob, standard_normal_log_prob
from vhp.model.vae import VAE

ZETA = torch.linspace(-8, 8, 201, dtype=torch.float64)[:, None]  # beyond these p(zeta) has no mass that counts


def grid(reach: float, n: int, d: int) -> tuple[Tensor, float]:
    """Points (n^d, d) float64 in the cube of that reach round 0, and the volume that belongs to each."""
    axis = torch.linspace(-reach, reach, n, dtype=torch.float64)
    return torch.cartesian_prod(*[axis] * d).reshape(-1, d), (2 * reach / (n - 1)) ** d


@torch.no_grad()
def log_prior(prior: nn.Module, z: Tensor) -> Tensor:
    """log p(z), (n,): the prior's own density, or the integral over a zeta of one dimension. z (n, d_z) float64."""
    if prior.d_zeta == 0:
        return prior.log_prob(z)
    assert prior.d_zeta == 1
    joint = gaussian_log_prob(z[:, None], *prior.p_z(ZETA)) + standard_normal_log_prob(ZETA)
    return torch.logsumexp(joint, 1) + math.log(ZETA[1] - ZETA[0])


@torch.no_grad()
def log_likelihood(model: VAE, x: Tensor, reach: float = 12.0, n: int = 4_001) -> Tensor:
    """log p(x), (batch,), of a float64 model with one latent dimension."""
    z, volume = grid(reach, n, model.d_z)
    joint = model.observation.log_prob(x, model.decode(z)[:, None]) + log_prior(model.prior, z)[:, None]
    return torch.logsumexp(joint, 0) + math.log(volume)
