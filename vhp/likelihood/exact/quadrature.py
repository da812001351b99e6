"""Integrals over the plane to a stated tolerance, of many functions at once, each given by its logarithm.

Adaptive cubature: in each tile the product rule of ORDER x ORDER Gauss-Legendre nodes, exact for polynomials of twice
that degree. A tile is settled where a function's Legendre coefficients there have become small towards the highest
degree that the nodes can show; elsewhere it is cut into quarters. A peak between the nodes would go unseen: where log f
bends by more than BENT nats over three nodes, a tile is settled only if its largest value, raised by a quarter of that,
could not matter either: a peak of that curvature rises by an eighth of it between its nodes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

ORDER = 8  # nodes along the side of a tile
GAUSS_LEGENDRE = tuple(torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(ORDER))  # nodes, weights
# Legendre polynomials of the two highest degrees, orthonormal for the mean over a side, times the weights.
HIGHEST = torch.stack(
    [
        torch.from_numpy(np.polynomial.legendre.Legendre.basis(degree)(GAUSS_LEGENDRE[0].numpy()))
        * GAUSS_LEGENDRE[1]
        * math.sqrt(2 * degree + 1)
        / 2
        for degree in (ORDER - 2, ORDER - 1)
    ]
)
SHARE = 1e-3  # of the tolerance, for one tile: of those that matter there are some hundreds
BENT = 4.0  # nats
MOST_TILES = 100_000  # of one size
WIDENINGS = 6
TOGETHER = 16  # tiles; they lie close together, and wanted in them are mostly the same functions

# Points (P, 2), one tile's nodes after the other's, and which k of the functions -> log f (P, k), float64.
LogFunctions = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Tiles:
    """T rectangles."""

    corner: Tensor  # (T, 2), the lower left
    width: Tensor  # (T, 2)

    @staticmethod
    def over(low: Tensor, high: Tensor, per_side: int) -> "Tiles":
        """The rectangle between two corners, (2,) each, cut into per_side^2."""
        width, axis = (high - low).double() / per_side, torch.arange(per_side)
        place = torch.cartesian_prod(axis, axis)
        return Tiles(low + place * width, width.expand(len(place), 2))

    def nodes(self) -> Tensor:
        """One tile's after the other's, (T ORDER^2, 2)."""
        node = (torch.cartesian_prod(GAUSS_LEGENDRE[0], GAUSS_LEGENDRE[0]) + 1) / 2
        return (self.corner[:, None] + node * self.width[:, None]).reshape(-1, 2)

    def chosen(self, index: Tensor) -> "Tiles":
        return Tiles(self.corner[index], self.width[index])

    def quarters(self) -> "Tiles":
        """(4 T), those of a tile in a row."""
        half = self.width / 2
        corner = self.corner[:, None] + torch.cartesian_prod(torch.arange(2), torch.arange(2)) * half[:, None]
        return Tiles(corner.reshape(-1, 2), half.repeat_interleave(4, 0))

    def halves(self, side: Tensor) -> "Tiles":
        """(2 T): each cut in two along one side, 0 or 1, side (T,)."""
        along = torch.nn.functional.one_hot(side, 2)
        width = self.width * (1 - 0.5 * along)
        return Tiles(torch.cat([self.corner, self.corner + along * width]), torch.cat([width, width]))


class Found(NamedTuple):
    """Of n functions in T tiles, (T, n) each, logarithms."""

    integral: Tensor
    error: Tensor  # of the integral, about
    hidden: Tensor  # what the integral could be with a peak between the nodes; -inf where log f bends little


def found_at(log_f: Tensor, tiles: Tiles) -> Found:
    """log_f (T ORDER^2, n): at the tiles' nodes."""
    square = log_f.reshape(-1, ORDER, ORDER, log_f.shape[-1])
    top = square.amax((1, 2), keepdim=True)
    bends = [square.diff(n=2, dim=side).abs_().amax((1, 2)) for side in (1, 2)]
    f, weight = (square - top).exp_(), GAUSS_LEGENDRE[1] / 2
    mean = torch.einsum("tijn,i,j->tn", f, weight, weight)
    # Coefficients of the two highest degrees along either side, and the square of their size.
    highest = [torch.einsum("tijn,ki->tkjn", f, HIGHEST), torch.einsum("tijn,kj->tkin", f, HIGHEST)]
    sizes = [torch.einsum("tkjn,j->tn", part.square(), weight) for part in highest]
    bend, log_scale = torch.maximum(*bends), top.squeeze((1, 2)) + tiles.width.log().sum(-1, keepdim=True)
    return Found(
        mean.log() + log_scale,
        # Coefficients c_k that fall off like powers: c_(2 k) ~ c_k^2 / c_0.
        (sizes[0] + sizes[1]).log() - mean.log() + log_scale,
        torch.where(bend > BENT, bend / 4 + log_scale, -math.inf),
    )


def evaluated(log_f: LogFunctions, tiles: Tiles, wanted: Tensor) -> Found:
    """wanted (T, n) bool: of a function that is not wanted in a tile, all is -inf there."""
    found = Found(*(torch.full(wanted.shape, -math.inf, dtype=torch.float64) for _ in Found._fields))
    for index in torch.arange(len(tiles.corner)).split(TOGETHER):
        chunk, which = tiles.chosen(index), wanted[index].any(0).nonzero()[:, 0]
        parts = found_at(log_f(chunk.nodes(), which), chunk)
        for whole, part in zip(found, parts, strict=True):
            whole[index[:, None], which] = torch.where(wanted[index][:, which], part, -math.inf)
    return found


def covering(log_f: LogFunctions, n: int, low: Tensor, high: Tensor, per_side: int, tolerance: float) -> Tiles:
    """Tiles of the rectangle between two corners, (2,) each, widened until no function has a share at its border.

    Raises ArithmeticError for a function that does not vanish far out.
    """
    negligible = math.log(SHARE * tolerance)
    for _ in range(WIDENINGS):
        tiles = Tiles.over(low, high, per_side)
        integral = evaluated(log_f, tiles, torch.ones(len(tiles.corner), n, dtype=torch.bool)).integral
        centre = tiles.corner + tiles.width / 2
        at_border = ((centre < low + tiles.width) | (centre > high - tiles.width)).any(1)
        if not (integral[at_border] >= torch.logsumexp(integral, 0) + negligible).any():
            return tiles
        low, high, per_side = low - (high - low) / 2, high + (high - low) / 2, 2 * per_side
    raise ArithmeticError(f"an integrand has not vanished at {low.tolist()}, {high.tolist()}")


def integrated(log_f: LogFunctions, n: int, tiles: Tiles, tolerance: float) -> Tensor:
    """log of the integral of n functions over the tiles, (n,), nats.

    Raises ArithmeticError for a function that does not settle.
    """
    total = torch.full((n,), -math.inf, dtype=torch.float64)
    wanted = torch.ones(len(tiles.corner), n, dtype=torch.bool)
    while len(tiles.corner) <= MOST_TILES:
        found = evaluated(log_f, tiles, wanted)
        negligible = torch.logaddexp(total, torch.logsumexp(found.integral, 0)) + math.log(SHARE * tolerance)
        settled = (found.error <= negligible) & (found.hidden <= negligible)
        total = torch.logaddexp(total, torch.logsumexp(found.integral.where(settled, -math.inf), 0))
        if settled.all():
            return total
        rough = ~settled.all(1)
        tiles, wanted = tiles.chosen(rough).quarters(), ~settled[rough].repeat_interleave(4, 0)
    raise ArithmeticError(f"found {len(tiles.corner)} tiles of width {tiles.width[0].tolist()} that have not settled")
