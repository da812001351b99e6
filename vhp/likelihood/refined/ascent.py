"""From starting points uphill on log p(x, u), and how it curves at the top."""

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.modes import Modes

# Of Adam, in standard deviations of the prior; from the first step to the last it falls geometrically.
# With 0.1 images of the pendulum have fewer effective samples, with 0.02 those of MNIST: docs/tuning.md
FIRST_RATE, LAST_RATE = 0.05, 0.0005
BETAS = (0.8, 0.9)
ROWS = 4096  # points decoded at once
LEAST_CURVATURE = 0.05  # relative to the prior's 1 / variance: no component's scale is over 4.5 times the prior's


def slope(joint: Joint, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """log p(x, u) and its gradient: x (batch, D), u (..., batch, d) -> (..., batch), (..., batch, d)."""
    with torch.enable_grad():
        u = u.detach().requires_grad_(True)
        value = joint.log_prob(x, u)
        (gradient,) = torch.autograd.grad(value.sum(), u)
    return value.detach(), gradient


def ascended(joint: Joint, x: Tensor, u: Tensor, spread: Tensor, n_steps: int) -> Tensor:
    """The highest points on the way from u (K, batch, d) uphill: n_steps of Adam.

    spread: its unit, (d,) or (batch, d).
    """
    best, highest = u, torch.full(u.shape[:-1], -torch.inf).to(u)
    moved = torch.zeros_like(u)  # from u, in units of spread
    optimiser = torch.optim.Adam([moved], betas=BETAS, eps=1e-12, maximize=True)
    for i in range(n_steps + 1):
        point = u + spread * moved
        value, gradient = slope(joint, x, point)
        better = value > highest
        best, highest = torch.where(better[..., None], point, best), torch.where(better, value, highest)
        moved.grad = gradient.nan_to_num() * spread
        optimiser.param_groups[0]["lr"] = FIRST_RATE * (LAST_RATE / FIRST_RATE) ** (i / max(1, n_steps - 1))
        optimiser.step()
    return best


def curvature(joint: Joint, x: Tensor, u: Tensor) -> Tensor:
    """Minus the Hessian of log p(x, u) in u: (K, batch, d) -> (K, batch, d, d), float64."""
    k, batch, d = u.shape
    rows = []
    for part in torch.arange(d, device=u.device).split(max(1, ROWS // (k * batch))):
        with torch.enable_grad():
            # A copy of the points for each row of the matrix.
            copies = u.detach().expand(len(part), *u.shape).clone().requires_grad_(True)
            (gradient,) = torch.autograd.grad(joint.log_prob(x, copies).sum(), copies, create_graph=True)
            wanted = gradient[torch.arange(len(part), device=u.device), :, :, part].sum()
            rows.append(torch.autograd.grad(wanted, copies)[0])
    hessian = torch.cat(rows).permute(1, 2, 0, 3).double()
    return -0.5 * (hessian + hessian.mT)


def laplace(joint: Joint, x: Tensor, u: Tensor, spread: Tensor) -> Modes:
    """Components at u (K, batch, d), as wide as the density there.

    A direction that curves upwards gets the width of a peak of the same curvature, one that hardly curves that of
    LEAST_CURVATURE. spread (d,): the prior's standard deviations.
    """
    precision = curvature(joint, x, u) * spread.double()[:, None] * spread.double()
    value, vector = torch.linalg.eigh(precision.nan_to_num())
    root = vector * value.abs().clamp_min(LEAST_CURVATURE).rsqrt()[..., None, :] * spread.double()[:, None]
    return Modes(u, torch.linalg.cholesky(root @ root.mT).to(u))
