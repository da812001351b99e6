"""Where annealed chains begin: at the prior, or at each image's own proposal.

The bounds hold for either. From the prior the way is long, and its steps must suit the narrowest direction: in tens of
dimensions chains do not arrive (docs/numbers.md). A proposal lies where the posterior does, and its shape says how far
a step may go in which direction.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.modes import Modes, noise_width
from vhp.likelihood.refined.proposal import Proposal, mixture_log_prob


class Start(Protocol):
    """A distribution q_0(u) for each image of a batch, and a matrix L for each: where u = L v, v is about equally wide
    in all directions. Chains keep to their densities with any invertible L; a good one lets them go farther."""

    width: int  # d
    noise_width: int  # columns of standard normal noise for a sample

    def drawn(self, eps: Tensor) -> Tensor:
        """u ~ q_0(u), all independent: (C, batch, noise_width) -> (C, batch, d)."""

    def log_probs(self, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """log q_0(u), and log p(x, u) - log q_0(u): x (batch, D), u (C, batch, d) -> (C, batch) each, nats."""

    def stretched(self, v: Tensor) -> Tensor:
        """L v: (C, batch, d) -> (C, batch, d)."""

    def transposed(self, v: Tensor) -> Tensor:
        """L^T v: (C, batch, d) -> (C, batch, d)."""


class PriorStart:
    """q_0 = p(u); L = 1."""

    def __init__(self, joint: Joint):
        self.joint, self.width, self.noise_width = joint, joint.width, joint.width + 1

    def drawn(self, eps: Tensor) -> Tensor:
        return self.joint.from_prior(eps)

    def log_probs(self, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        return self.joint.log_prior(u), self.joint.log_likelihood(x, u)

    def stretched(self, v: Tensor) -> Tensor:
        return v

    def transposed(self, v: Tensor) -> Tensor:
        return v


class ProposalStart:
    """q_0: the whole mixture of an image's proposal, the prior's share with it; L: the root of the scale matrix of the
    mode with most samples."""

    def __init__(self, joint: Joint, proposals: Sequence[Proposal]):
        """proposals: one for each image of the batch, all with equally many modes."""
        self.joint, self.width, self.noise_width = joint, joint.width, noise_width(joint.width) + 1
        self.parameters = [torch.stack(each) for each in zip(*(p.parameters() for p in proposals), strict=True)]
        self.mean, self.log_var = (torch.cat([getattr(p, name) for p in proposals]) for name in ("mean", "log_var"))
        location, root = (torch.cat([getattr(p.modes, name) for p in proposals], 1) for name in ("location", "root"))
        self.modes = Modes(location, root)
        counts = torch.tensor([p.counts for p in proposals], device=root.device)  # (batch, 2 + M)
        self.cumulated = counts.cumsum(1) / counts.sum(1, keepdim=True)
        self.root = root[counts[:, 1:-1].argmax(1), torch.arange(len(proposals), device=root.device)]

    def drawn(self, eps: Tensor) -> Tensor:
        normal, d = eps[..., :-1], self.width
        decision = torch.special.ndtr(eps[..., -1]).to(self.cumulated)
        component = (decision[..., None] > self.cumulated[:, :-1]).sum(-1)  # (C, batch)
        encoder = self.joint.encoded(self.mean, self.log_var, normal)
        modes = self.modes.drawn(normal.expand(len(self.modes), *normal.shape))
        prior = self.joint.from_prior(normal[..., : d + 1])
        samples = torch.cat([encoder[None], modes, prior[None]])
        return samples.gather(0, component[None, ..., None].expand(1, *component.shape, d))[0]

    def log_probs(self, x: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        log_prior = self.joint.log_prior(u)

        def of_an_image(u: Tensor, log_prior: Tensor, *parameters: Tensor) -> Tensor:
            return mixture_log_prob(self.joint, u[:, None], log_prior[:, None], *parameters)[:, 0]

        in_dims = (1, 1, *(0 for _ in self.parameters))
        log_start = torch.vmap(of_an_image, in_dims, 1)(u, log_prior, *self.parameters)
        return log_start, self.joint.log_likelihood(x, u) + log_prior - log_start

    def stretched(self, v: Tensor) -> Tensor:
        return torch.einsum("bij,nbj->nbi", self.root, v)

    def transposed(self, v: Tensor) -> Tensor:
        return torch.einsum("bij,nbi->nbj", self.root, v)
