"""Exact log p(x) where the latent space is a plane, d_z = 2: the referee of every estimate.

    log p(x) = log int p(x|z) p(z) dz,    p(z) = int p(z|zeta) p(zeta) dzeta for a prior with a latent of its own

Both integrals by quadrature in float64. A decoded z serves all images, and a fine mixture for p(z) serves all z.
"""

import copy
import math

import torch
from torch import Tensor, nn

from vhp.datasets.batches import as_means
from vhp.likelihood.exact.fine_mixture import FineMixture
from vhp.likelihood.exact.quadrature import SHARE, covering, integrated
from vhp.likelihood.pairs import pair_log_likelihoods
from vhp.model.vae import VAE

REACH = 9.0  # standard deviations of the normal distribution that are covered at first
TILES = 8  # along the side of what is covered at first
N_ZETA = 256  # samples for a rough log p(z)
MARGIN = 4.0  # nats: how much lower than at its posterior's mean p(z) may be where an image's integral has a share
STEP, STEP_AT = 5.0, 1e-4  # of the fine mixture at this tolerance; its error falls with a high power of the step
STEP_POWER = 1 / 9


@torch.no_grad()
def exact_log_likelihood(model: VAE, x: Tensor, tolerance: float = 1e-6) -> Tensor:
    """log p(x), nats: x (n, D) binary uint8 (0 and 255) or float -> (n,) float64, on the CPU.

    tolerance: nats; 1e-4 takes a third of the time. Raises ValueError where z or zeta is not a plane, ArithmeticError
    where an integral does not converge.
    """
    model = copy.deepcopy(model).cpu().double()
    prior = model.prior.frozen()
    if model.d_z != 2 or prior.d_zeta not in (0, 2):
        found = f"found d_z = {model.d_z}, d_zeta = {prior.d_zeta}"
        raise ValueError(f"{found}, expected planes: d_z = 2, and d_zeta = 0 or 2")
    x = as_means(x.cpu()).double()
    density = fine_mixture(prior, model.encoder(x)[0], tolerance) if prior.d_zeta else prior

    def log_joint(z: Tensor, which: Tensor) -> Tensor:
        return pair_log_likelihoods(model.observation, x[which], model.decode(z)) + density.log_prob(z)[:, None]

    corner = torch.full((2,), REACH, dtype=torch.float64)
    tiles = covering(log_joint, len(x), -corner, corner, TILES, tolerance)
    return integrated(log_joint, len(x), tiles, tolerance)


def fine_mixture(prior: nn.Module, z: Tensor, tolerance: float) -> FineMixture:
    """For the density of a prior near z (n, 2), where it matters."""
    eps = torch.randn(N_ZETA, len(z), prior.d_zeta, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    least = prior.log_prob(z, eps).min().item() - MARGIN + math.log(SHARE * tolerance)
    return FineMixture(prior, STEP * (tolerance / STEP_AT) ** STEP_POWER, least)
