"""A proposal for each image that needs one, found with noise that the estimate does not use."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vhp.checks import at_least_one, between
from vhp.likelihood.joint import Joint
from vhp.likelihood.numbers import noise
from vhp.likelihood.refined.adaptation import adapted
from vhp.likelihood.refined.ascent import ascended, laplace
from vhp.likelihood.refined.bank import Bank
from vhp.likelihood.refined.centring import centred, noise_rows
from vhp.likelihood.refined.modes import noise_width
from vhp.likelihood.refined.proposal import Proposal, counted, least_samples
from vhp.likelihood.refined.second_look import MOST_DIMENSIONS, look_noise_width, looked_again

# Added to the estimate's seed: noise of pilot, second look, rounds of adaptation, bank, centring, the estimate itself.
PILOT, LOOK, ROUNDS, BANK, CENTRING, REFINED = 1_000, 1_500, 2_000, 3_000, 3_500, 4_000
MOST_MISSED = 0.005  # of the posterior, where the encoder is far too low


@dataclass(frozen=True)
class RefinedSettings:
    """How an image's own proposal is sought."""

    pilot: int  # samples of the encoder, and per round of the adaptation
    enough: float  # an image of whose pilot this share is effective keeps the encoder's estimate
    modes: int  # starts: the encoder's mean, the others good samples of the prior
    steps: int  # uphill from each start
    centring: int  # steps from each top towards the mean
    rounds: int  # of adaptation

    def __post_init__(self):
        at_least_one(pilot=self.pilot, modes=self.modes, steps=self.steps)
        between(0, 1, enough=self.enough)
        for name in ("centring", "rounds"):
            if (found := getattr(self, name)) < 0:
                raise ValueError(f"{name}: found {found}, expected 0 or more")


class Pilot(NamedTuple):
    """Of some images, (batch,) each."""

    log_p: Tensor  # about log p(x)
    enough: Tensor  # bool: the encoder will do


class Search:
    """Proposals for images x, from a pilot, a bank of the prior's samples, and an ascent from several starts."""

    def __init__(self, joint: Joint, settings: RefinedSettings, n_samples: int, seed: int):
        """n_samples: S of the estimate. Raises ValueError for fewer than a proposal of so many modes needs."""
        if (least := least_samples(settings.modes)) > n_samples:
            wants = f"expected at least {least}, for a proposal of {settings.modes} modes"
            raise ValueError(f"n_samples: found {n_samples}, {wants}; take more samples, or fewer modes")
        self.joint, self.settings, self.n_samples, self.seed = joint, settings, n_samples, seed
        self.bank = Bank(joint, n_samples, seed + BANK)
        self.looks_again = joint.width <= MOST_DIMENSIONS and least_samples(settings.modes + 1) <= n_samples

    def pilot(self, x: Tensor, mean: Tensor, log_var: Tensor, numbers: list[int]) -> Pilot:
        """x (batch, D); mean, log_var of q(z|x) (batch, d_z); the images' numbers.

        The encoder will do if enough of its samples are effective, and hardly any of the posterior lies where the
        prior's samples say that it is far too low. Neither is a sample of the estimate, which so stays unbiased.
        """
        joint, n = self.joint, self.settings.pilot
        u = joint.encoded(mean, log_var, noise(self.seed + PILOT, numbers, n, joint.width, x.device).to(mean))
        log_w = (joint.log_prob(x, u) - joint.log_encoder(mean, log_var, u)).double()
        effective = 1 / torch.softmax(log_w, 0).square().sum(0)
        log_p = torch.logsumexp(log_w, 0) - math.log(n)
        missed = self.bank.missed(self.bank.seen(x, mean, log_var, log_p), log_p)
        return Pilot(log_p, (effective >= self.settings.enough * n) & (missed <= MOST_MISSED))

    def proposals(self, x: Tensor, mean: Tensor, log_var: Tensor, numbers: list[int], log_p: Tensor) -> list[Proposal]:
        """One for each image; arguments as those of pilot, and the pilot's log_p (batch,)."""
        joint, settings, d = self.joint, self.settings, self.joint.width
        encoder = joint.encoded(mean, log_var, torch.zeros(1, len(x), d).to(mean))  # the means
        seen = self.bank.seen(x, mean, log_var, log_p)
        starts = torch.cat([encoder, self.bank.starts(seen, settings.modes - 1)])
        tops = ascended(joint, x, starts, self.bank.spread, settings.steps)
        modes, shares = laplace(joint, x, tops, self.bank.spread), None
        if self.looks_again:
            n = len(modes) * max(1, settings.pilot // len(modes))
            eps = noise(self.seed + LOOK, numbers, n, look_noise_width(joint), x.device).to(mean)
            modes = looked_again(joint, x, mean, log_var, modes, eps, self.bank.spread, settings.steps)
        if settings.centring:
            eps = noise(self.seed + CENTRING, numbers, noise_rows(settings.centring), d, x.device).to(mean)
            modes = centred(joint, x, modes, eps)
        per_component = max(1, settings.pilot // (1 + len(modes)))
        for i in range(settings.rounds):
            n = per_component * (1 + len(modes))
            eps = noise(self.seed + ROUNDS + i, numbers, n, noise_width(d), x.device).to(mean)
            modes, shares = adapted(joint, x, mean, log_var, modes, eps)
        if shares is None:
            shares = torch.full((1 + len(modes), len(x)), 1 / (1 + len(modes)))
        each = [slice(j, j + 1) for j in range(len(x))]
        counts = [counted(shares[:, j], self.n_samples) for j in range(len(x))]
        return [Proposal(mean[j], log_var[j], modes.of_images(j), n) for j, n in zip(each, counts, strict=True)]
