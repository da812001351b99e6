"""A mixture's components fitted to the posterior by weighted samples: population Monte Carlo.

One round of EM on samples of the mixture itself, with Rao-Blackwellised responsibilities (Cappé et al. 2008). Where few
samples have weight, the weights are flattened, and the components move as far as those can tell.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.modes import Modes, degrees_of_freedom, squared_distance, student_log_prob

HALVINGS = 12  # of the interval in which the flattening exponent lies
# Weights are flattened until so many samples are effective, or so many per dimension of u, but a quarter at most.
LEAST_EFFECTIVE, LEAST_PER_DIMENSION = 20.0, 2.0
LEAST_SHARE = 1e-6  # of the posterior, below which a mode stays where it is


class Adapted(NamedTuple):
    """After a round."""

    modes: Modes
    shares: Tensor  # (1 + M, batch), of the posterior: the encoder's first; they sum to 1


def flattened(log_w: Tensor, least: float) -> Tensor:
    """Normalised weights (n, batch), to the largest power up to 1 at which `least` of them are effective.

    To within 2^-HALVINGS; where that is not small enough a power, all weights are equal but those of nothing.
    """
    nothing = log_w.isneginf() & ~log_w.isneginf().all(0)
    log_w = log_w.clamp_min(-1e30)  # 0 times minus infinity is no number
    low, high = torch.zeros_like(log_w[0]), torch.ones_like(log_w[0])
    power = high
    for _ in range(HALVINGS):
        w = torch.softmax((power * log_w).masked_fill(nothing, -torch.inf), 0)
        enough = 1 / w.square().sum(0) >= least
        low, high = torch.where(enough, power, low), torch.where(enough, high, power)
        power = torch.where(low == 1, low, (low + high) / 2)
    return torch.softmax((low * log_w).masked_fill(nothing, -torch.inf), 0)


def adapted(joint: Joint, x: Tensor, mean: Tensor, log_var: Tensor, modes: Modes, eps: Tensor) -> Adapted:
    """One round, the same number of samples from the encoder and from each of the M modes.

    x (batch, D); mean, log_var of q(z|x) (batch, d_z); eps (n, batch, noise_width(d)), n a multiple of 1 + M.
    """
    d, nu = modes.width, degrees_of_freedom(modes.width)
    eps, inverse = eps.reshape(1 + len(modes), -1, *eps.shape[1:]), modes.inverse_root()
    u = torch.cat([joint.encoded(mean, log_var, eps[0]), modes.drawn(eps[1:]).flatten(0, 1)])
    log_q = torch.cat([joint.log_encoder(mean, log_var, u)[None], student_log_prob(u, modes.location, inverse)])
    log_w = (joint.log_prob(x, u) - torch.logsumexp(log_q, 0)).double()
    log_w = torch.where(log_w.isnan(), -torch.inf, log_w)  # far out, where the networks overflow
    w = flattened(log_w, least=min(len(u) / 4, max(LEAST_EFFECTIVE, LEAST_PER_DIMENSION * d)))
    claim = torch.softmax(log_q.double(), 0) * w  # (1 + M, n, batch)
    shares = claim.sum(1)
    # The t-distribution's own weighting: far samples tell less of its location.
    distance = squared_distance(u, modes.location, inverse).double()
    return Adapted(moved(modes, u.double(), claim[1:], (nu + d) / (nu + distance)), shares)


def moved(modes: Modes, u: Tensor, claim: Tensor, pull: Tensor) -> Modes:
    """The modes as far towards the weighted samples u (n, batch, d) as these can tell.

    claim (M, n, batch): weights of the samples, each mode's own. pull (M, n, batch): what the t-distribution adds.
    """
    total = claim.sum(1)
    known = total > LEAST_SHARE
    claim = torch.where(known[:, None], claim, 1.0)  # no division by what is nearly nothing
    total, pulled = claim.sum(1), claim * pull
    effective = total.square() / claim.square().sum(1)
    # The present shape counts as d^2 samples, about twice as many as a covariance has numbers: counting as 2 d samples,
    # components in 64 dimensions, moved by 50 samples, were worse than where they began (docs/tuning.md).
    move = torch.where(known, effective / (effective + modes.width**2), 0.0)[..., None]
    location, root = modes.location.double(), modes.root.double()
    centre = torch.einsum("mnb,nbd->mbd", pulled, u) / pulled.sum(1)[..., None]
    off = u - centre[:, None]
    scatter = torch.einsum("mnb,mnbi,mnbj->mbij", pulled, off, off) / total[..., None, None]
    scale = (1 - move[..., None]) * root @ root.mT + move[..., None] * scatter
    new_root, failed = torch.linalg.cholesky_ex(scale)
    root = torch.where((failed != 0)[..., None, None], root, new_root)
    return Modes((1 - move) * location + move * centre, root).to(modes.location.dtype)
