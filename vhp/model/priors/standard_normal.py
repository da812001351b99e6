"""p(z) = N(0, I)."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vhp.model.distributions import standard_normal_log_prob
from vhp.model.priors import Prior

if TYPE_CHECKING:
    from vhp.model.vae import VAE


class StandardNormal(Prior):
    """The prior of a plain variational autoencoder, without parameters."""

    d_zeta = 0
    origin: Tensor

    def __init__(self, d_z: int):
        super().__init__()
        # A buffer that only records device and precision.
        self.register_buffer("origin", torch.zeros(d_z), persistent=False)

    def log_prob(self, z: Tensor, eps: Tensor | None = None) -> Tensor:
        """z (..., d_z) -> (...), exact."""
        return standard_normal_log_prob(z)

    def arguments(self) -> dict[str, Any]:
        return {}

    def from_noise(self, eps: Tensor) -> Tensor:
        return eps[..., :-1]

    def log_joint(self, u: Tensor) -> Tensor:
        return standard_normal_log_prob(u)

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        return torch.randn(n, self.origin.shape[0], device=self.origin.device, dtype=self.origin.dtype)

    def frozen(self) -> "StandardNormal":
        return self


def build(model: "VAE") -> StandardNormal:
    """A prior of this form for the model, with weights of any value; the arguments are those of arguments()."""
    return StandardNormal(model.d_z)
