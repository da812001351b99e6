"""Components moved to the mean: against a plain loop, and closed forms of a quadratic and of a skewed log-density."""

import math
from dataclasses import replace

import pytest
import torch
from linear_gaussian import NORMAL, LinearGaussian
from test_modes import modes_of
from test_refined import REFINEMENT, S, refined

from vhp.likelihood.refined import search
from vhp.likelihood.refined.ascent import laplace, slope
from vhp.likelihood.refined.centring import FIRST_STEP, LONGEST, PAIRS, centred, noise_rows
from vhp.likelihood.refined.modes import Modes

M, BATCH, D, STEPS = 2, 3, 4, 6
A = 2.0  # shape of the Gamma distributions


class Quadratic:
    """-|u - x|^2 / 2: the posterior is N(x, I)."""

    def log_prob(self, x, u):
        return -(u - x).square().sum(-1) / 2


class LogGamma:
    """exp(u_i) ~ Gamma(A, 1): the mode is log A, the curvature there A."""

    def log_prob(self, x, u):
        return (A * u - u.exp()).sum(-1)


class Overflowing(Quadratic):
    """As a quadratic, but with infinite gradients 40 units off."""

    def log_prob(self, x, u):
        nothing = u.sum(-1) - u.sum(-1).detach()
        far = (u - x).norm(dim=-1) > 40
        return super().log_prob(x, u) + torch.where(far, nothing, 1.0).sqrt() - (~far).to(u)


def noise(steps: int, batch: int, d: int) -> torch.Tensor:
    return torch.randn(noise_rows(steps), batch, d, dtype=torch.float64)


def components(location: torch.Tensor, scale: float) -> Modes:
    """Of the scale `scale` in each direction, at location (M, batch, d)."""
    root = scale * torch.eye(location.shape[-1], dtype=torch.float64)
    return Modes(location, root.expand(*location.shape, location.shape[-1]))


@torch.no_grad()
def test_steps_are_those_of_a_plain_loop():
    """One component of one image at a time, its samples one by one."""
    x, joint = torch.randn(BATCH, D, dtype=torch.float64), LogGamma()
    modes, eps = modes_of(M, BATCH, D), noise(STEPS, BATCH, D)
    modes = Modes(0.2 * modes.location, 0.3 * modes.root)
    found = centred(joint, x, modes, eps)
    for m in range(M):
        for j in range(BATCH):
            location, root, moved = modes.location[m, j], modes.root[m, j], torch.zeros(D, dtype=torch.float64)
            for i in range(STEPS):
                uphill = torch.zeros(D, dtype=torch.float64)
                for p in range(PAIRS):
                    for sign in (1, -1):
                        u = location + root @ (moved + sign * eps[i * PAIRS + p, j])
                        uphill += root.T @ (A - u.exp()) / (2 * PAIRS)
                moved = moved + FIRST_STEP / math.sqrt(1 + i) * min(1, LONGEST / float(uphill.norm())) * uphill
            torch.testing.assert_close(found.location[m, j], location + root @ moved)
    assert torch.equal(found.root, modes.root)


@torch.no_grad()
def test_a_quadratic_is_followed_without_noise():
    """In units of its own scale each step leaves 1 - step of the way, whatever the samples are."""
    x = torch.randn(BATCH, D, dtype=torch.float64)
    away = torch.randn(M, BATCH, D, dtype=torch.float64)
    away = away / away.norm(dim=-1, keepdim=True) * 0.9 * LONGEST
    found = centred(Quadratic(), x, components(x + away, 1.0), noise(STEPS, BATCH, D))
    left = math.prod(1 - FIRST_STEP / math.sqrt(1 + i) for i in range(STEPS))
    torch.testing.assert_close(found.location, x + left * away)


@torch.no_grad()
def test_samples_with_infinite_gradients_count_as_none():
    """A pair of the eight in the first step: it goes 14 / 16 of the way that it would."""
    x, away = torch.zeros(1, D, dtype=torch.float64), torch.full((1, 1, D), 0.5, dtype=torch.float64)
    eps = noise(STEPS, 1, D)
    eps[0] = 100.0
    _, gradient = slope(Overflowing(), x, eps[:2])
    assert gradient[0].isinf().all() and gradient[1].isfinite().all()
    found = centred(Overflowing(), x, components(away, 1.0), eps)
    left = math.prod(1 - (14 / 16 if i == 0 else 1) * FIRST_STEP / math.sqrt(1 + i) for i in range(STEPS))
    torch.testing.assert_close(found.location, left * away)


@torch.no_grad()
def test_a_gradient_that_is_too_long_is_cut():
    x = torch.zeros(1, D, dtype=torch.float64)
    away = torch.zeros(1, 1, D, dtype=torch.float64)
    away[..., 0] = 100 * LONGEST
    found = centred(Quadratic(), x, components(away, 1.0), noise(1, 1, D))
    torch.testing.assert_close(found.location[0, 0, 0].item(), (100 - FIRST_STEP) * LONGEST)


@torch.no_grad()
def test_from_the_mode_of_skewed_densities_to_the_best_location_of_a_normal():
    """E[A u - exp(u)] of N(m, s^2) with s^2 = 1 / A is highest at m = log A - 1 / (2 A): half a unit below the mode."""
    d = 40
    mode = torch.full((1, 1, d), math.log(A), dtype=torch.float64)
    found = centred(LogGamma(), torch.zeros(1, d), components(mode, A**-0.5), noise(400, 1, d))
    best = math.log(A) - 1 / (2 * A)
    assert (found.location - best).abs().mean() < 0.1 * (math.log(A) - best)


@torch.no_grad()
@pytest.mark.parametrize("scale", [10.0, math.inf])
def test_a_component_that_would_get_lower_stays(scale):
    """A scale ten times too large makes steps that overshoot, one without bounds densities that are no numbers."""
    x = torch.randn(BATCH, D, dtype=torch.float64)
    before = components(x[None] + 0.01, scale)
    before = Modes(before.location, before.root.nan_to_num(posinf=1e300, nan=0.0))
    found = centred(Quadratic(), x, before, noise(1, BATCH, D))
    assert torch.equal(found.location, before.location)


def test_the_search_centres_its_components(monkeypatch):
    """Planted: tops a standard deviation off in each direction, which no other part of the search mends."""
    case = LinearGaussian(NORMAL, perturbed=False)
    case.model.encoder.log_var.data -= 2 * math.log(10)  # that will not do
    x = case.data(6)

    def off(*arguments) -> Modes:
        modes = laplace(*arguments)
        return replace(modes, location=modes.location + modes.root.sum(-1))

    monkeypatch.setattr(search, "laplace", off)
    monkeypatch.setattr(search, "MOST_DIMENSIONS", 0)  # no second look
    settings = replace(REFINEMENT, rounds=0)
    before, after = (refined(case, x, settings=replace(settings, centring=n)) for n in (0, 10))
    assert before.own_proposal.all() and after.own_proposal.all()
    assert (after.effective_samples > 1.3 * before.effective_samples).all()
    assert after.effective_samples.min() > 0.5 * S
