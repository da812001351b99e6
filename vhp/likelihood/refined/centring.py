"""Components moved from a mode of the posterior towards its mean, which in many dimensions lies elsewhere.

In 82 dimensions (OMNIGLOT, z with zeta) the two were 3.7 standard deviations apart, and half of the effective samples
were lost by that alone (docs/tuning.md). A component keeps its scale L L^T; its location m ascends

    E[log p(x, m + L eps)],   eps ~ N(0, I),

whose top is the location of the normal density q of that scale with the least KL(q || posterior).
"""

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.ascent import slope
from vhp.likelihood.refined.modes import Modes

PAIRS = 8  # of samples eps and -eps in a step: a quadratic log-density has its exact gradient from any of them
# In units of L, the log-density curves at its top like a standard normal's, so that a step of 1 would be Newton's.
FIRST_STEP = 0.5  # step i has this / sqrt(1 + i)
LONGEST = 3.0  # gradient that is followed whole, nats per standard deviation


def noise_rows(n_steps: int) -> int:
    """Of standard normal noise, that so many steps take: PAIRS each, and PAIRS for the comparison at the end."""
    return PAIRS * (n_steps + 1)


def centred(joint: Joint, x: Tensor, modes: Modes, eps: Tensor) -> Modes:
    """The components after some steps; one whose samples' mean log-density did not get higher stays where it was.

    x (batch, D); eps (noise_rows(n_steps), batch, d), the same for each component.
    """
    *steps, compared = (torch.cat([half, -half])[:, None] for half in eps.split(PAIRS))  # (2 PAIRS, 1, batch, d)
    moved = torch.zeros_like(modes.location)
    for i, pairs in enumerate(steps):
        _, gradient = slope(joint, x, _points(modes, moved + pairs))
        # A sample far out, where the networks overflow, says nothing.
        uphill = torch.einsum("mbij,mbi->mbj", modes.root, gradient.nan_to_num(0.0, 0.0, 0.0).mean(0))
        uphill = uphill * (LONGEST / uphill.norm(dim=-1, keepdim=True)).clamp_max(1)
        moved = moved + FIRST_STEP / (1 + i) ** 0.5 * uphill
    before, after = (
        joint.log_prob(x, _points(modes, by + compared)).mean(0) for by in (torch.zeros_like(moved), moved)
    )
    location = torch.where((after > before)[..., None], _points(modes, moved), modes.location)
    return Modes(location, modes.root)


def _points(modes: Modes, at: Tensor) -> Tensor:
    """From units of the components: (..., M, batch, d)."""
    return modes.location + torch.einsum("mbij,...mbj->...mbi", modes.root, at)
