"""Adaptive cubature against integrals in closed form."""

import math

import pytest
import torch

from vhp.likelihood.exact import quadrature
from vhp.likelihood.exact.quadrature import Tiles, covering, integrated

TOLERANCE = 1e-6
CORNER = torch.full((2,), 9.0, dtype=torch.float64)


def integral(log_f, n, per_side=8):
    def chosen(u, which):
        return log_f(u)[:, which]

    return integrated(chosen, n, covering(chosen, n, -CORNER, CORNER, per_side, TOLERANCE), TOLERANCE)


def gaussians(mean, covariance):
    """log N for each of n means (n, 2) and covariances (n, 2, 2), at points (P, 2): (P, n)."""
    return lambda u: torch.distributions.MultivariateNormal(mean, covariance).log_prob(u[:, None])


def test_gaussians_of_all_widths_integrate_to_one():
    """Standard deviations from 0.01, a ninetieth of the first tiles, to 2, at any angle, all at once."""
    n = 10
    sigma = torch.logspace(math.log10(0.01), math.log10(2), n).double()
    rotation = torch.linalg.qr(torch.randn(n, 2, 2).double())[0]
    scale = torch.stack([sigma, 3 * sigma.clamp_max(0.6)], -1)
    covariance = rotation @ torch.diag_embed(scale.square()) @ rotation.mT
    found = integral(gaussians(2 * torch.randn(n, 2).double(), covariance), n)
    assert found.abs().max() < TOLERANCE


def test_two_narrow_peaks_far_apart_both_count():
    """Shares of 1 and 1e-3, at a distance of 600 of their standard deviations."""
    mean, narrow = torch.tensor([[-3.0, 0.0], [3.0, 0.1]]).double(), 1e-4 * torch.eye(2).double().expand(2, 2, 2)
    share = torch.tensor([1.0, 1e-3]).double().log()
    both = gaussians(mean, narrow)
    found = integral(lambda u: torch.logsumexp(both(u) + share, -1, keepdim=True), 1)
    assert found.item() == pytest.approx(math.log1p(1e-3), abs=TOLERANCE)


def test_a_peak_between_the_nodes_counts_beside_one_on_a_node():
    """Both a seventieth of a tile wide, with half of the integral: the second is 40 nats higher than at any node."""
    nodes = Tiles.over(-CORNER, CORNER, 8).nodes().reshape(-1, quadrature.ORDER, quadrature.ORDER, 2)
    mean = torch.stack([nodes[9, 3, 3], (nodes[54, 3, 3] + nodes[54, 4, 4]) / 2])
    both = gaussians(mean, 1e-3 * torch.eye(2).double().expand(2, 2, 2))
    found = integral(lambda u: torch.logsumexp(both(u) - math.log(2), -1, keepdim=True), 1)
    assert abs(found.item()) < TOLERANCE


def test_a_rectangle_that_is_too_small_is_widened():
    mean, wide = torch.tensor([[40.0, -30.0]]).double(), torch.eye(2).double()[None]
    assert abs(integral(gaussians(mean, wide), 1).item()) < TOLERANCE


def test_a_function_that_does_not_vanish_is_refused():
    with pytest.raises(ArithmeticError, match="not vanished"):
        integral(lambda u: torch.zeros(len(u), 1).double(), 1)


def test_a_function_that_stays_rough_at_every_size_is_refused(monkeypatch):
    def rough(u, which):
        return torch.where((1e12 * u[:, :1]).sin() > 0, 0.0, -20.0) - 0.5 * u.square().sum(1, keepdim=True)

    tiles = Tiles.over(torch.tensor([0.0, 0.0]).double(), torch.tensor([0.1, 0.1]).double(), 1)
    monkeypatch.setattr(quadrature, "MOST_TILES", 1000)
    with pytest.raises(ArithmeticError, match="have not settled"):
        integrated(rough, 1, tiles, TOLERANCE)


def test_where_a_function_is_settled_it_is_not_evaluated_again():
    """A narrow peak takes small tiles, in which the wide one beside it is not wanted."""
    mean = torch.zeros(2, 2).double()
    covariance = torch.stack([1e-4 * torch.eye(2), torch.eye(2)]).double()
    both, wanted = gaussians(mean, covariance), torch.zeros(2)

    def log_f(u, which):
        wanted[which] += len(u)
        return both(u)[:, which]

    found = integrated(log_f, 2, Tiles.over(-CORNER, CORNER, 8), TOLERANCE)
    assert found.abs().max() < TOLERANCE
    assert wanted[1] < wanted[0] / 1.5


def test_halves_of_tiles():
    tiles = Tiles.over(torch.tensor([0.0, 0.0]), torch.tensor([2.0, 4.0]), 2)
    halves = tiles.halves(torch.tensor([0, 1, 0, 1]))
    area = halves.width.prod(-1)
    assert len(area) == 8 and torch.allclose(area, area.new_full((8,), 1.0))
    # Each point of a fine grid lies in one half, of the tile in which it lay before.
    points = Tiles.over(torch.tensor([0.0, 0.0]), torch.tensor([2.0, 4.0]), 16).corner + 1e-3
    inside = ((points[:, None] > halves.corner) & (points[:, None] < halves.corner + halves.width)).all(-1)
    assert (inside.sum(1) == 1).all()
    assert halves.width[0].tolist() == [0.5, 2.0] and halves.width[1].tolist() == [1.0, 1.0]
