"""Where an image's first components are far too low: a mode beside theirs.

The bank's samples of the prior are too few for a mode that has hardly any of the prior's mass: of one pendulum 0.001 %
of it held an eighth of the posterior, a few standard deviations from the mode that had been found (docs/tuning.md). So
points around the components are tried. In planes alone: in many dimensions hardly any of them lies in another mode.
"""

import math

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.ascent import ascended, laplace
from vhp.likelihood.refined.bank import LOW
from vhp.likelihood.refined.modes import Modes, noise_width, student_log_prob

# Of u: a plane and its zeta's. In more it was not measured, and methods with a zeta would go without.
MOST_DIMENSIONS = 4
WIDER = (2.0, 4.0, 8.0)  # a component's standard deviations by which its samples are moved in z, in turns
ASCENT_UNIT = 5.0  # a component's standard deviations: an ascent in the prior's would leave a narrow mode at once


def look_noise_width(joint: Joint) -> int:
    """Columns of standard normal noise for a point that is tried."""
    return noise_width(joint.width) + joint.d_z


def tried(modes: Modes, d_z: int, eps: Tensor) -> Tensor:
    """Samples of the components, moved in z: eps (n, batch, look_noise_width), n a multiple of M -> (n, batch, d)."""
    own, away = eps.reshape(len(modes), -1, *eps.shape[1:]).split([eps.shape[-1] - d_z, d_z], -1)
    u = modes.drawn(own)  # (M, n / M, batch, d)
    wider = torch.tensor(WIDER).to(u)[torch.arange(u.shape[1]) % len(WIDER)]
    moved = wider[:, None, None] * modes.deviation()[:, None, :, :d_z] * away
    return torch.cat([u[..., :d_z] + moved, u[..., d_z:]], -1).flatten(0, 1)


def most_overlooked(log_p: Tensor, log_q: Tensor, about: Tensor) -> Tensor:
    """Index (batch,) of the point with the highest log p(x, u) of those where q is LOW times below the posterior.

    Where there is none, of the one at which q is lowest relative to p(x, u). log_p: log p(x, u), (n, batch);
    log_q: of the proposal; about (batch,): an approximate log p(x).
    """
    low = (log_p - about - log_q).nan_to_num(-torch.inf)
    missed = torch.where(low > math.log(LOW), log_p, -torch.inf)
    return torch.where(missed.isneginf().all(0), low.argmax(0), missed.argmax(0))


def looked_again(
    joint: Joint, x: Tensor, mean: Tensor, log_var: Tensor, modes: Modes, eps: Tensor, spread: Tensor, n_steps: int
) -> Modes:
    """The components, and one more, begun where encoder and components are lowest against the posterior.

    x (batch, D); mean, log_var of q(z|x) (batch, d_z); eps: as tried takes it, of an image's number alone, so that the
    image has the same proposal in any batch; spread (d,): the prior's standard deviations.
    """
    images = torch.arange(len(x), device=x.device)
    height = joint.log_prob(x, modes.location)  # (M, batch)
    about = (height + modes.log_volume()).amax(0)  # Laplace's approximation, of the component with the most
    u = tried(modes, joint.d_z, eps)
    density = student_log_prob(u, modes.location, modes.inverse_root())
    log_q = torch.cat([joint.log_encoder(mean, log_var, u)[None], density])
    log_q = torch.logsumexp(log_q, 0) - math.log(len(log_q))
    start = u[most_overlooked(joint.log_prob(x, u), log_q, about), images]
    unit = ASCENT_UNIT * modes.deviation()[height.argmax(0), images]
    more = laplace(joint, x, ascended(joint, x, start[None], unit, n_steps), spread)
    return Modes(torch.cat([modes.location, more.location]), torch.cat([modes.root, more.root]))
