"""Adaptive cubature against integrals in closed form."""

import math

import pytest
import torch

from vhp.likelihood import quadrature
from vhp.likelihood.quadrature import Tiles, covering, integrated

TOLERANCE = 1e-6
CORNER = torch.full((2,), 9.0, dtype=torch.float64)


def integral(log_f, n, per_side=8):
    nothing = torch.full((n,), -math.inf, dtype=torch.float64)
    tiles = covering(log_f, -CORNER, CORNER, per_side, TOLERANCE, nothing)
    return integrated(log_f, tiles, TOLERANCE, nothing)[0]


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


def test_a_rectangle_that_is_too_small_is_widened():
    mean, wide = torch.tensor([[40.0, -30.0]]).double(), torch.eye(2).double()[None]
    assert abs(integral(gaussians(mean, wide), 1).item()) < TOLERANCE


def test_a_function_that_does_not_vanish_is_refused():
    with pytest.raises(ArithmeticError, match="not vanished"):
        integral(lambda u: torch.zeros(len(u), 1).double(), 1)


def test_a_function_that_stays_rough_at_every_size_is_refused(monkeypatch):
    def rough(u):
        return torch.where((1e12 * u[:, :1]).sin() > 0, 0.0, -20.0) - 0.5 * u.square().sum(1, keepdim=True)

    tiles = Tiles.over(torch.tensor([0.0, 0.0]).double(), torch.tensor([0.1, 0.1]).double(), 1)
    monkeypatch.setattr(quadrature, "MOST_TILES", 1000)
    with pytest.raises(ArithmeticError, match="have not settled"):
        integrated(rough, tiles, TOLERANCE, torch.full((1,), math.log(1e-9)).double())


def test_what_is_known_to_be_negligible_is_not_refined():
    mean, narrow = torch.zeros(1, 2).double(), 1e-4 * torch.eye(2).double()[None]
    calls = []

    def log_f(u):
        calls.append(len(u))
        return gaussians(mean, narrow)(u)

    tiles = Tiles.over(-CORNER, CORNER, 8)
    integrated(log_f, tiles, TOLERANCE, torch.tensor([-math.inf]).double())
    all_points = sum(calls)
    calls.clear()
    integrated(log_f, tiles, TOLERANCE, torch.tensor([60.0]).double())
    assert sum(calls) < all_points / 2
