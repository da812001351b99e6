"""The density of a hierarchical prior on the plane, its latent integrated out: a mixture of very many Gaussians.

    p(z) = int p(z|zeta) p(zeta) dzeta ~= sum_i a_i N(z; mean(zeta_i), sigma(zeta_i)^2),    a_i = w_i p(zeta_i)

zeta_i, w_i: nodes and weights of quadrature on tiles of the plane of zeta. Tiles are cut in two until p(z|zeta) moves
by no more than a few of its own standard deviations from one side to the other: then they serve every z.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vhp.likelihood.exact.quadrature import GAUSS_LEGENDRE, ORDER, Tiles
from vhp.model.distributions import LOG_2PI, standard_normal_log_prob
from vhp.model.priors.hierarchical import HierarchicalPrior

REACH = 9.0  # standard deviations of p(zeta) that are covered
TILES = 16  # along the side of that, at least
MOST_TILES = 1_000_000
CHUNK_NODES = 8_192  # of zeta at a time
MIDDLE = ORDER**2 // 2 + ORDER // 2  # of a tile's nodes
NEGLIGIBLE = 40.0  # nats: what is farther than this below the largest term of a sum is left out of it


class FineMixture:
    """log p(z) of a frozen float64 prior with d_z = d_zeta = 2."""

    def __init__(self, prior: HierarchicalPrior, step: float, least: float):
        """step: standard deviations by which p(z|zeta) may move across a tile. With 5 log p(z) is right to 1e-4 nats,
        with 3 to 1e-6, to some six of these standard deviations from where the prior has its mass.
        least: a log-density, nats. Tiles that add less than this to the density, wherever z is, are not cut; how wrong
        all of them together may make it is in self.doubt, a log-density, too.

        Raises ArithmeticError for a prior that would take too many tiles.
        """
        fine = _fine_tiles(prior, step, least)
        node_weight = torch.outer(GAUSS_LEGENDRE[1], GAUSS_LEGENDRE[1]).flatten() / 4
        self.mean, self.sigma = fine.mean, torch.exp(0.5 * fine.log_var)  # (T, ORDER^2, 2)
        # log a_i N there, (T, ORDER^2)
        self.peak = fine.log_joint + (node_weight * fine.width.prod(-1, keepdim=True)).log()
        self.doubt = torch.logsumexp(fine.doubt, 0)
        # Of each tile: the rectangle of its means, and its widest and its highest component.
        self.low, self.high = self.mean.amin(1), self.mean.amax(1)
        self.widest, self.highest_peak = self.sigma.amax(1), self.peak.amax(1)

    def __len__(self) -> int:
        """How many components it has."""
        return self.peak.numel()

    def log_prob(self, z: Tensor) -> Tensor:
        """(n, 2) -> (n,), nats. Meant for grids: what it costs is the number of different coordinates.

        A diagonal Gaussian is a product over its coordinates, so the sum over components is a product of matrices.
        """
        low, high = z.amin(0), z.amax(0)
        mean, sigma, most = self._near(low, high)
        # Relative to the rectangle's nearest point, or all factors of a far component would be 0.
        nearest = ((mean.clamp(low, high) - mean) / sigma).square()
        factors, index = [], []
        for i in range(2):
            axis, at = z[:, i].unique(return_inverse=True)
            middle = (low[i] + high[i]) / 2  # from where the squares cancel least
            offset, precision = (mean[:, i] - middle) / sigma[:, i], sigma[:, i].reciprocal()
            constant = 0.5 * (nearest[:, i] - offset.square())
            coefficient = torch.stack([-0.5 * precision.square(), offset * precision, constant], -1)
            power = torch.stack([(axis - middle).square(), axis - middle, torch.ones_like(axis)])
            factors.append((coefficient @ power).exp_())
            index.append(at)
        top = most.max()
        density = (factors[0] * torch.exp(most - top)[:, None]).T @ factors[1]
        return density[index[0], index[1]].clamp_min(torch.finfo(torch.float64).tiny).log() + top

    def _near(self, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Components that are not negligible in a rectangle: mean (K, 2), sigma (K, 2), the largest log a_i N (K,)."""
        apart = (self.low - high).clamp_min(0) + (low - self.high).clamp_min(0)  # of rectangles
        at_most = self.highest_peak - 0.5 * (apart / self.widest).square().sum(-1)
        # The component in the middle of each tile tells how small a term may be left out.
        at_least = _largest(self.mean[:, MIDDLE], self.sigma[:, MIDDLE], self.peak[:, MIDDLE], low, high)
        near = at_most >= at_least.max() - NEGLIGIBLE
        mean, sigma = self.mean[near].flatten(0, 1), self.sigma[near].flatten(0, 1)
        most = _largest(mean, sigma, self.peak[near].flatten(), low, high)
        near = most >= most.max() - NEGLIGIBLE
        return mean[near], sigma[near], most[near]


def _largest(mean: Tensor, sigma: Tensor, peak: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """log a_i N of components (K, 2), (K, 2), (K,) at the point of a rectangle that is nearest to each: (K,)."""
    return peak - 0.5 * ((mean.clamp(low, high) - mean) / sigma).square().sum(-1)


class _Fine(NamedTuple):
    """T tiles of the plane of zeta, and p(z|zeta) at their nodes."""

    width: Tensor  # (T, 2)
    mean: Tensor  # (T, ORDER^2, 2)
    log_var: Tensor
    log_joint: Tensor  # log p(z, zeta) at the peak of p(z|zeta), (T, ORDER^2)
    doubt: Tensor  # what a tile adds to log p(z) at most if it should have been cut, else -inf, (T,)


def _fine_tiles(prior: HierarchicalPrior, step: float, least: float) -> _Fine:
    corner = torch.full((2,), REACH, dtype=torch.float64)
    tiles, n_tiles = Tiles.over(-corner, corner, TILES), 0
    found: list[_Fine] = []
    while len(tiles.corner):
        n_tiles += len(tiles.corner)
        if n_tiles > MOST_TILES:
            raise ArithmeticError(f"found {n_tiles:,} tiles of zeta across which the prior's p(z|zeta) moves too far")
        nodes = tiles.nodes()
        parts = [prior.p_z(part) for part in nodes.split(CHUNK_NODES)]
        mean, log_var = (torch.cat(part).reshape(-1, ORDER, ORDER, 2) for part in zip(*parts, strict=True))
        log_joint = standard_normal_log_prob(nodes).reshape(mean.shape[:3]) - LOG_2PI - 0.5 * log_var.sum(-1)
        moves = torch.stack([_path(mean, log_var, side) for side in (1, 2)], -1)  # (T, 2)
        adds, close = log_joint.amax((1, 2)) + tiles.width.log().sum(-1), (moves <= step).all(-1)
        fine = close | (adds < least)
        doubt = adds.where(~close, -torch.inf)
        of_nodes = (part.flatten(1, 2) for part in (mean, log_var, log_joint))
        found.append(_Fine(*(part[fine] for part in (tiles.width, *of_nodes, doubt))))
        tiles = tiles.chosen(~fine).halves(moves[~fine].argmax(-1))
    return _Fine(*(torch.cat(part) for part in zip(*found, strict=True)))


def _path(mean: Tensor, log_var: Tensor, side: int) -> Tensor:
    """How far p(z|zeta) moves along a side of each tile, in its standard deviations, at most: (T, 8, 8, 2) -> (T,).

    A factor of e in its variance counts as one of them.
    """
    scale = torch.exp(-0.5 * log_var)
    between = (scale.narrow(side, 1, ORDER - 1) + scale.narrow(side, 0, ORDER - 1)) / 2
    path = (mean.diff(dim=side).abs() * between).sum(side) + log_var.diff(dim=side).abs().sum(side)
    return path.amax((1, 2))
