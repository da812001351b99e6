"""The proposal of one image: the encoder's posterior, modes found for this image, and a share of the prior.

How many samples come from which component is fixed beforehand, and each is weighted by the density of the whole mixture
(deterministic mixture weights; Owen & Zhou 2000). Since the prior has a share a of it, no weight exceeds p(x|z) / a.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.modes import Modes, noise_width, student_log_prob

ENCODER_SHARE, MODE_SHARE = 0.1, 0.02  # at least
PRIOR_SHARE = 0.05
LEAST_SAMPLES = 2  # of a component, for a variance


def proposal_noise_width(width: int) -> int:
    """Columns of standard normal noise for a sample of u (d,)."""
    return noise_width(width) + 1


def least_samples(n_modes: int) -> int:
    """Of an estimate: the encoder, the modes and the prior all have some."""
    return LEAST_SAMPLES * (n_modes + 2)


def counted(shares: Tensor, n_samples: int) -> list[int]:
    """Samples per component, encoder, M modes, prior: shares (1 + M,) of the encoder and the modes, which sum to 1.

    n_samples: at least least_samples(M). The largest has what rounding leaves over.
    """
    least = torch.tensor([ENCODER_SHARE] + [MODE_SHARE] * (len(shares) - 1), dtype=torch.float64)
    wanted = torch.maximum(shares.double().cpu(), least)
    wanted = torch.cat([wanted * (1 - PRIOR_SHARE) / wanted.sum(), torch.tensor([PRIOR_SHARE])])
    counts = LEAST_SAMPLES + (wanted * (n_samples - least_samples(len(shares) - 1))).long()
    counts[counts.argmax()] += n_samples - counts.sum()
    return counts.tolist()


@dataclass(frozen=True)
class Proposal:
    """For one image, a batch of one. counts: samples of the encoder, of each mode, and of the prior."""

    mean: Tensor  # of q(z|x), (1, d_z)
    log_var: Tensor  # (1, d_z)
    modes: Modes
    counts: list[int]

    def drawn(self, joint: Joint, eps: Tensor) -> Tensor:
        """All samples (S, 1, d), component by component, from noise (S, 1, proposal_noise_width(d))."""
        encoder, *modes, prior = eps.split(self.counts)
        found = [self.modes.component(m).drawn(part[None])[0] for m, part in enumerate(modes)]
        prior = torch.cat([prior[..., : joint.width], prior[..., -1:]], -1)
        return torch.cat([joint.encoded(self.mean, self.log_var, encoder), *found, joint.from_prior(prior)])

    def parameters(self) -> tuple[Tensor, ...]:
        """What mixture_log_prob takes."""
        log_share = (torch.tensor(self.counts, dtype=torch.float64) / sum(self.counts)).log().to(self.mean)
        return self.mean, self.log_var, self.modes.location, self.modes.inverse_root(), log_share

    def to(self, dtype: torch.dtype) -> "Proposal":
        return replace(self, mean=self.mean.to(dtype), log_var=self.log_var.to(dtype), modes=self.modes.to(dtype))


def mixture_log_prob(
    joint: Joint,
    u: Tensor,
    log_prior: Tensor,
    mean: Tensor,
    log_var: Tensor,
    location: Tensor,
    inverse_root: Tensor,
    log_share: Tensor,
) -> Tensor:
    """Of a proposal's whole mixture: u (n, 1, d), log p(u) (n, 1), and its parameters -> (n, 1), nats."""
    encoder, modes = joint.log_encoder(mean, log_var, u), student_log_prob(u, location, inverse_root)
    return torch.logsumexp(torch.cat([encoder[None], modes, log_prior[None]]) + log_share[:, None, None], 0)
