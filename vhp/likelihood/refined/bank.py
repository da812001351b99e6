"""Samples of the prior, decoded once for all images: where modes may be that the encoder does not know."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.model.distributions import gaussian_log_probs
from vhp.seeds import numbered

BANK_BYTES = 64 * 2**20  # of decoded samples
LARGEST_BANK = 8192
BANK_PER_SAMPLE = 2  # no more prior samples than this times S: a small evaluation stays a small one
LOW = 10.0  # a density this many times below the posterior's has missed the place
APART = 0.25  # standard deviations of the prior, between two starts
NEVER = 1e6  # nats


class Seen(NamedTuple):
    """Of the N samples for some images, (N, batch) each."""

    log_likelihood: Tensor  # log p(x|z)
    low: Tensor  # bool: where the encoder's density is LOW times below the posterior's, or farther


class Bank:
    """N samples u ~ p(u), the same for every image."""

    def __init__(self, joint: Joint, n_samples: int, seed: int):
        """n_samples: S of the estimate. seed: of the bank alone."""
        self.joint, parameter = joint, next(joint.model.decoder.parameters())
        self.n = min(LARGEST_BANK, BANK_PER_SAMPLE * n_samples, BANK_BYTES // (4 * joint.model.n_dims))
        generator = torch.Generator(parameter.device).manual_seed(numbered(seed, 0))
        eps = torch.randn(self.n, joint.width + 1, generator=generator, device=parameter.device)
        self.u = joint.from_prior(eps.to(parameter))
        self.spread = self.u.std(0)  # (d,)
        rows = max(1, BANK_BYTES // (4 * joint.model.floats_per_decode))
        parts = self.u.split(rows)
        self.out = torch.cat([joint.model.decode(part[:, : joint.d_z]) for part in parts])
        # What of log p(u) - log q(u|x) is the same for every x: q(z|x) itself is 1 here.
        zero = torch.zeros(1, joint.d_z).to(self.u)
        self.rest = torch.cat(
            [
                joint.log_prior(u) - (joint.log_encoder(zero, zero, u) - self._encoder(zero, zero, u)[:, 0])
                for u in parts
            ]
        )

    def _encoder(self, mean: Tensor, log_var: Tensor, u: Tensor) -> Tensor:
        """log q(z|x) of each u (n, d) and each image (batch, d_z): (n, batch) float64."""
        return gaussian_log_probs(u[:, : self.joint.d_z], mean, log_var)

    def seen(self, x: Tensor, mean: Tensor, log_var: Tensor, log_p: Tensor) -> Seen:
        """x (batch, D); mean, log_var of q(z|x) (batch, d_z); log_p (batch,), about log p(x)."""
        log_likelihood = self.joint.model.observation.log_prob_of_pairs(x, self.out).double()
        log_w = log_likelihood + self.rest.double()[:, None] - self._encoder(mean, log_var, self.u)
        return Seen(log_likelihood, log_w > log_p + math.log(LOW))

    def missed(self, seen: Seen, log_p: Tensor) -> Tensor:
        """The share of the posterior that lies where the encoder is far too low: (batch,).

        Estimated from these samples of the prior, so 0 where none of them comes near.
        """
        share = torch.where(seen.low, seen.log_likelihood - log_p - math.log(self.n), -math.inf)
        return torch.logsumexp(share, 0).exp()

    def starts(self, seen: Seen, n: int) -> Tensor:
        """n samples with a high p(x|z) for each image: (n, batch, d).

        In turns where the encoder is far too low, and anywhere; apart from one another, if there are such.
        """
        at = self.u / self.spread
        near, column = torch.zeros_like(seen.low), torch.arange(seen.low.shape[1], device=at.device)
        chosen = [self.u[:0, None].expand(-1, len(column), -1)]
        for i in range(n):
            wanted = seen.low & ~near if i % 2 == 0 else ~near
            best = torch.where(wanted, seen.log_likelihood, seen.log_likelihood - NEVER).argmax(0)
            chosen.append(self.u[best][None])
            # Squared distances by a matrix product: there are N x batch of them.
            squared = at.square().sum(-1)[:, None] - 2 * at @ at[best].T + at[best].square().sum(-1)
            near |= squared < APART**2 * at.shape[1]
            near[best, column] = True
        return torch.cat(chosen)
