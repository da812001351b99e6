"""Exact log p(x) where the latent space is a plane, d_z = 2: the referee of every estimate.

    log p(x) = log int p(x|z) p(z) dz,    p(z) = int p(z|zeta) p(zeta) dzeta for a prior with a latent of its own

Both integrals by quadrature in float64. A decoded z serves all images.
"""

import copy
import math

import torch
from torch import Tensor, nn

from vhp.datasets.batches import as_means
from vhp.likelihood.pairs import pair_log_likelihoods
from vhp.likelihood.quadrature import ORDER, SHARE, Tiles, covering, found_at, integrated
from vhp.model.distributions import LOG_2PI, gaussian_log_prob, standard_normal_log_prob
from vhp.model.vae import VAE

REACH = 9.0  # standard deviations of the normal distribution that are covered at first
TILES = 8  # along the side of what is covered at first
ZETA_TILES = 16  # the same for zeta, of which REACH is all
DECODED = 4096  # points at a time
TOGETHER = 4 * ORDER**2  # points z whose densities are integrated over the same tiles: they lie close together
# Nats. A density's peak above its integral is below this, if it is wider than e^(-MARGIN / 2).
MARGIN = 12.0


class Prior:
    """log p(z) of a frozen float64 prior on the plane, and a simple function that is nowhere below it."""

    def __init__(self, prior: nn.Module, tolerance: float):
        """tolerance: nats, for the integral over the prior's own latent if it has one."""
        self.prior, self.tolerance = prior, tolerance
        self.corner = torch.full((2,), REACH, dtype=torch.float64)
        if prior.d_zeta:
            self.tiles = Tiles.over(-self.corner, self.corner, ZETA_TILES)
            self.zeta = self.tiles.nodes()
            self.mean, self.log_var = prior.p_z(self.zeta)

    def log_prob(self, z: Tensor, least: Tensor) -> Tensor:
        """z (n, 2) -> (n,), nats. With a latent zeta, neighbours should follow one another: it saves time.

        least (n,): densities that do not matter if they are smaller.
        """
        if self.prior.d_zeta == 0:
            return self.prior.log_prob(z)
        parts = zip(z.split(TOGETHER), least.split(TOGETHER), strict=True)
        return torch.cat([self._integral(*part) for part in parts])

    def _integral(self, z: Tensor, least: Tensor) -> Tensor:
        low, high = z.amin(0), z.amax(0)
        middle = (low + high) / 2  # from where the squares below cancel least
        feature = torch.cat([(z - middle).square(), z - middle], -1).T

        def log_joint(zeta: Tensor) -> Tensor:
            """log p(z_j|zeta_i) p(zeta_i), (P, n): the squared distance is expanded into a matrix product."""
            mean, log_var = self.prior.p_z(zeta)
            mean, precision = mean - middle, torch.exp(-log_var)
            constant = standard_normal_log_prob(zeta) - 0.5 * (LOG_2PI + log_var + mean.square() * precision).sum(-1)
            return torch.addmm(constant[:, None], torch.cat([-0.5 * precision, mean * precision], -1), feature)

        # Tiles of zeta that may matter, by the nearest point of the rectangle in which all z lie.
        nearest = gaussian_log_prob(self.mean.clamp(low, high), self.mean, self.log_var)
        most = found_at((nearest + standard_normal_log_prob(self.zeta))[:, None], self.tiles)
        most = torch.maximum(most.integral, most.hidden)[:, 0]
        tiles = self.tiles.chosen(most >= torch.minimum(least.min(), most.max()) + math.log(SHARE * self.tolerance))
        return integrated(log_joint, tiles, self.tolerance, least)[0]

    def ceiling(self, z: Tensor) -> Tensor:
        """(n, 2) -> (n,): the highest peak of p(z|zeta), as it falls off outside the box of all its means."""
        distance = z - z.clamp(self.mean.amin(0), self.mean.amax(0))
        highest = -0.5 * (LOG_2PI + self.log_var).sum(-1).min() + 1  # a nat for what lies between the points
        return highest - 0.5 * (distance.square() * torch.exp(-self.log_var.amax(0))).sum(-1)

    def roughly(self, z: Tensor) -> Tensor:
        """(n, 2) -> (n,): log p(z) from a coarse grid of zeta, a few nats too low where p(z|zeta) is narrow."""
        weight = standard_normal_log_prob(self.zeta) + math.log((2 * REACH) ** 2 / len(self.zeta))
        return torch.stack([torch.logsumexp(weight + gaussian_log_prob(one, self.mean, self.log_var), 0) for one in z])


@torch.no_grad()
def exact_log_likelihood(model: VAE, x: Tensor, tolerance: float = 1e-6) -> Tensor:
    """log p(x), nats: x (n, D) binary uint8 (0 and 255) or float -> (n,) float64, on the CPU.

    tolerance: nats; 1e-4 takes a third of the time. Raises ValueError where z or zeta is not a plane, ArithmeticError
    where an integral does not converge.
    """
    model = copy.deepcopy(model).cpu().double()
    frozen = model.prior.frozen()
    if model.d_z != 2 or frozen.d_zeta not in (0, 2):
        found = f"found d_z = {model.d_z}, d_zeta = {frozen.d_zeta}"
        raise ValueError(f"{found}, expected planes: d_z = 2, and d_zeta = 0 or 2")
    x, prior = as_means(x.cpu()).double(), Prior(frozen, tolerance)

    def log_likelihoods(z: Tensor) -> Tensor:
        return torch.cat([pair_log_likelihoods(model.observation, x, model.decode(part)) for part in z.split(DECODED)])

    def log_joint(z: Tensor) -> Tensor:
        log_likelihood = log_likelihoods(z)
        return log_likelihood + prior.log_prob(z, (least - log_likelihood).amin(1))[:, None]

    least = torch.full((len(x),), -math.inf, dtype=torch.float64)
    if frozen.d_zeta == 0:
        tiles = covering(log_joint, -prior.corner, prior.corner, TILES, tolerance, least)
        return integrated(log_joint, tiles, tolerance, least)[0]

    # A prior that is itself an integral is computed last, and only where p(x|z) leaves something to it: each integral
    # is above what the highest peak among these points makes it.
    reached, _ = model.encoder(x)
    least = (log_likelihoods(reached) + prior.roughly(reached)[:, None]).amax(0) - MARGIN

    def log_ceiling(z: Tensor) -> Tensor:
        return log_likelihoods(z) + prior.ceiling(z)[:, None]

    tiles = covering(log_ceiling, -prior.corner, prior.corner, TILES, tolerance, least)
    _, matters = integrated(log_ceiling, tiles, tolerance, least)
    return integrated(log_joint, matters, tolerance, least)[0]
