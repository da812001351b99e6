"""Bounds on log p(x) from both sides, by annealed importance sampling (Neal 2001; Grosse et al. 2015).

A chain goes from q_0(u) (vhp.likelihood.annealed.starts) to the posterior through q_0(u)^(1 - t) p(x, u)^t, t from 0 to
1, u = (z, zeta), by Hamiltonian steps. Forwards it gives a weight whose mean is p(x): the logarithm of a mean of
weights is, in expectation, a lower bound on log p(x). Backwards, from an exact sample of the posterior, it gives
weights whose mean is 1 / p(x): an upper bound. Such a sample is known of data that were simulated from the model, with
the u that they were simulated from.

Steps are tuned on chains of their own: were they tuned on the chains that are weighted, the weights would be biased.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vhp.checks import at_least_one, one_of
from vhp.likelihood.annealed.starts import Start
from vhp.likelihood.joint import Joint
from vhp.seeds import numbered

STEEPNESS = 4.0  # of the sigmoid along which t rises: slowly at both ends, where the densities change fastest
FIRST_STEP = 0.2
WANTED_ACCEPTANCE = 0.8
ADAPTATION = 0.15  # of log step per unit of acceptance
TUNING_CHAINS = 8
BLOCK = 32  # temperatures whose noise is drawn at once
STARTS = ("proposal", "prior")
ANNEALED = 500  # added to the seed: noise that neither the estimates nor the search of proposals have
STREAMS = 4  # of noise, of each image
TUNING, FORWARD, REVERSE, SIMULATED = range(STREAMS)


@dataclass(frozen=True)
class AnnealingSettings:
    """How fine, how often, and from where."""

    n_temperatures: int
    n_chains: int  # per image
    n_leapfrog: int = 5  # gradients per temperature
    start: str = "proposal"  # or "prior": where chains begin

    def __post_init__(self):
        one_of(STARTS, start=self.start)
        at_least_one(n_temperatures=self.n_temperatures, n_chains=self.n_chains, n_leapfrog=self.n_leapfrog)


class Point(NamedTuple):
    """Of chains (C, batch, d): where they are, and what is needed of the density there."""

    u: Tensor
    log_start: Tensor  # log q_0(u), (C, batch)
    log_ratio: Tensor  # log p(x, u) - log q_0(u), (C, batch)
    slope_start: Tensor  # their gradients, (C, batch, d)
    slope_ratio: Tensor

    def log_prob(self, t: float) -> Tensor:
        return self.log_start + t * self.log_ratio

    def slope(self, t: float) -> Tensor:
        return self.slope_start + t * self.slope_ratio


def temperatures(n: int) -> list[float]:
    """0 = t_0 < ... < t_n = 1 along a sigmoid."""
    s = [1 / (1 + math.exp(-STEEPNESS * (2 * k / n - 1))) for k in range(n + 1)]
    return [(value - s[0]) / (s[-1] - s[0]) for value in s]


class Noise:
    """Standard normal noise of each image from its number alone, in any batch: (n, C, batch, width) at a time."""

    def __init__(self, seed: int, numbers: Sequence[int], stream: int, device: torch.device):
        self.generators = [torch.Generator(device) for _ in numbers]
        for generator, number in zip(self.generators, numbers, strict=True):
            generator.manual_seed(numbered(seed + ANNEALED, STREAMS * number + stream))
        self.device = device

    def draw(self, *shape: int) -> Tensor:
        """(*shape[:-1], batch, shape[-1])."""
        return torch.stack([torch.randn(shape, generator=g, device=self.device) for g in self.generators], -2)


class Chains:
    """Chains of some images x (batch, D), on the model's device and in its precision."""

    def __init__(self, start: Start, x: Tensor, settings: AnnealingSettings, seed: int, numbers: Sequence[int]):
        self.start, self.x, self.settings = start, x, settings
        self.seed, self.numbers = seed, numbers
        self.t = temperatures(settings.n_temperatures)

    def at(self, u: Tensor) -> Point:
        """The point u with the gradients there."""
        with torch.enable_grad():
            u = u.detach().requires_grad_(True)
            log_start, log_ratio = self.start.log_probs(self.x, u)
            (slope_start,) = torch.autograd.grad(log_start.sum(), u, retain_graph=True)
            (slope_ratio,) = torch.autograd.grad(log_ratio.sum(), u)
        return Point(u.detach(), log_start.detach(), log_ratio.detach(), slope_start, slope_ratio)

    def begun(self, noise: Noise, n_chains: int) -> Point:
        """Samples of q_0, with the first of the noise."""
        return self.at(self.start.drawn(noise.draw(n_chains, self.start.noise_width).to(self.x)))

    def moved(self, point: Point, t: float, step: Tensor, eps: Tensor) -> tuple[Point, Tensor]:
        """One Hamiltonian move that keeps q_0(u)^(1 - t) p(x, u)^t, and its acceptance probability (C, batch).

        step (batch,); eps (C, batch, d + 1): momenta and, in the last column, what decides on the move. Leapfrog steps
        in coordinates L^-1 u, in which the mass matrix is 1: positions move by L p, momenta by L^T and the slope.
        """
        momentum, decision = eps[..., :-1], torch.special.log_ndtr(eps[..., -1])
        end, p, step = point, momentum, step[:, None]
        for _ in range(self.settings.n_leapfrog):
            p = p + 0.5 * step * self.start.transposed(end.slope(t))
            end = self.at(end.u + step * self.start.stretched(p))
            p = p + 0.5 * step * self.start.transposed(end.slope(t))
        gain = end.log_prob(t) - point.log_prob(t) + 0.5 * (momentum.square() - p.square()).sum(-1)
        gain = torch.where(gain.isfinite(), gain, -math.inf)  # a step that has run away
        accepted = decision < gain
        kept = [
            torch.where(accepted.reshape(accepted.shape + (1,) * (new.dim() - 2)), new, old)
            for old, new in zip(point, end, strict=True)
        ]
        return Point(*kept), gain.clamp_max(0).exp()

    def blocks(self, noise: Noise, ks: Sequence[int], n_chains: int):
        """Each k with its noise (C, batch, d + 1)."""
        for first in range(0, len(ks), BLOCK):
            block = ks[first : first + BLOCK]
            yield from zip(block, noise.draw(len(block), n_chains, self.start.width + 1).to(self.x), strict=True)

    def tuned(self) -> Tensor:
        """Step sizes (n_temperatures, batch), of t_1 to t_n: followed on chains of their own."""
        noise = Noise(self.seed, self.numbers, TUNING, self.x.device)
        point = self.begun(noise, TUNING_CHAINS)
        log_step, steps = torch.full((len(self.x),), math.log(FIRST_STEP)).to(self.x), []
        for k, eps in self.blocks(noise, range(1, len(self.t)), TUNING_CHAINS):
            point, acceptance = self.moved(point, self.t[k], log_step.exp(), eps)
            log_step = log_step + ADAPTATION * (acceptance.mean(0) - WANTED_ACCEPTANCE)
            steps.append(log_step.exp())
        return torch.stack(steps)

    def forward(self, steps: Tensor) -> Tensor:
        """log-weights (C, batch) of chains from q_0 to the posterior: the mean weight is p(x)."""
        n_chains, noise = self.settings.n_chains, Noise(self.seed, self.numbers, FORWARD, self.x.device)
        point = self.begun(noise, n_chains)
        log_w = torch.zeros_like(point.log_ratio, dtype=torch.float64)
        for k, eps in self.blocks(noise, range(1, len(self.t)), n_chains):
            log_w += (self.t[k] - self.t[k - 1]) * point.log_ratio
            if k < self.settings.n_temperatures:  # where a chain goes after its last weight nobody asks
                point, _ = self.moved(point, self.t[k], steps[k - 1], eps)
        return log_w

    def reverse(self, steps: Tensor, u: Tensor) -> Tensor:
        """log-weights (C, batch) of chains from the posterior's sample u (batch, d) back to q_0.

        The mean of exp(-log-weight) is 1 / p(x): the moves of the forward chain, each reversible, the other way round.
        """
        n_chains, noise = self.settings.n_chains, Noise(self.seed, self.numbers, REVERSE, self.x.device)
        point = self.at(u.expand(n_chains, *u.shape).to(self.x))
        log_w = torch.zeros_like(point.log_ratio, dtype=torch.float64)
        for k, eps in self.blocks(noise, range(len(self.t) - 1, 0, -1), n_chains):
            point, _ = self.moved(point, self.t[k], steps[k - 1], eps)
            log_w += (self.t[k] - self.t[k - 1]) * point.log_ratio
        return log_w


def simulated(joint: Joint, seed: int, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
    """One example x (batch, D) from the model for each number, and the u (batch, d) behind it.

    Given x, u is an exact sample of the posterior. Binary x are 0.0 and 1.0.
    """
    parameter = next(joint.model.decoder.parameters())
    noise = Noise(seed, numbers, SIMULATED, parameter.device)
    with torch.no_grad():
        u = joint.from_prior(noise.draw(joint.width + 1).to(parameter))
        out, eps = joint.model.decode(u[..., : joint.d_z]), noise.draw(joint.model.n_dims).to(parameter)
        return joint.model.observation.sample(out, eps), u


def lower_bound(log_w: Tensor) -> Tensor:
    """Of forward chains (C, batch) -> (batch,), nats."""
    return torch.logsumexp(log_w, 0) - math.log(len(log_w))


def upper_bound(log_w: Tensor) -> Tensor:
    """Of reverse chains (C, batch) -> (batch,), nats."""
    return math.log(len(log_w)) - torch.logsumexp(-log_w, 0)
