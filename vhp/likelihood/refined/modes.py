"""Components of a proposal: multivariate Student-t distributions over u = (z, zeta), with full covariance."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

LEAST_FREEDOM, MOST_FREEDOM = 5, 20


def degrees_of_freedom(width: int) -> int:
    """nu for d dimensions: heavy tails in few; in many, as few as 5 would put most samples at a wrong radius.

    With as many as 64, on the other hand, single images have few effective samples (docs/tuning.md).
    """
    return min(MOST_FREEDOM, max(LEAST_FREEDOM, width))


def noise_width(width: int) -> int:
    """Columns of standard normal noise that a sample takes: d, and nu for the radius."""
    return width + degrees_of_freedom(width)


def squared_distance(u: Tensor, location: Tensor, inverse_root: Tensor) -> Tensor:
    """Mahalanobis distance of u (n, batch, d) from each location (M, batch, d): (M, n, batch).

    inverse_root (M, batch, d, d): of the scale matrix's root. Differences first: expanded, they would cancel where the
    scale is small; and never rounded to bf16.
    """
    with torch.autocast(u.device.type, enabled=False):
        difference = (u - location[:, None]).permute(0, 2, 3, 1)
        return (inverse_root @ difference).square().sum(2).transpose(1, 2)


def student_log_prob(u: Tensor, location: Tensor, inverse_root: Tensor) -> Tensor:
    """Arguments as those of squared_distance -> (M, n, batch), nats."""
    d, nu = u.shape[-1], degrees_of_freedom(u.shape[-1])
    constant = math.lgamma((nu + d) / 2) - math.lgamma(nu / 2) - d / 2 * math.log(nu * math.pi)
    log_det = inverse_root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return constant + log_det[:, None] - (nu + d) / 2 * torch.log1p(squared_distance(u, location, inverse_root) / nu)


@dataclass(frozen=True)
class Modes:
    """M components for each image of a batch."""

    location: Tensor  # (M, batch, d)
    root: Tensor  # (M, batch, d, d), lower triangular: the scale matrix is root root^T

    def __len__(self) -> int:
        return len(self.location)

    @property
    def width(self) -> int:
        return self.location.shape[-1]

    def inverse_root(self) -> Tensor:
        """(M, batch, d, d)."""
        eye = torch.eye(self.width).to(self.root)
        return torch.linalg.solve_triangular(self.root, eye.expand_as(self.root), upper=False)

    def deviation(self) -> Tensor:
        """Standard deviations of the normal distributions of these scales, (M, batch, d)."""
        return self.root.square().sum(-1).sqrt()

    def log_volume(self) -> Tensor:
        """log of their densities' inverse heights, (M, batch)."""
        log_det = self.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return self.width / 2 * math.log(2 * math.pi) + log_det

    def drawn(self, eps: Tensor) -> Tensor:
        """Samples (M, n, batch, d) from noise (M, n, batch, noise_width(d))."""
        normal, radial = eps[..., : self.width], eps[..., self.width : noise_width(self.width)]
        t = normal * (radial.shape[-1] / radial.square().sum(-1, keepdim=True)).sqrt()
        return self.location[:, None] + torch.einsum("mbij,mnbj->mnbi", self.root, t)

    def of_images(self, index: slice) -> "Modes":
        return Modes(self.location[:, index], self.root[:, index])

    def component(self, m: int) -> "Modes":
        return Modes(self.location[m : m + 1], self.root[m : m + 1])

    def to(self, dtype: torch.dtype) -> "Modes":
        return Modes(self.location.to(dtype), self.root.to(dtype))
