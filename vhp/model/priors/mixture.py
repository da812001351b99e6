"""p(z) = 1/M sum_m N(z; mean_m, diag exp(log_var_m)) with fixed components."""

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vhp.model.distributions import gaussian_log_probs, gaussian_sample
from vhp.model.priors import Prior

if TYPE_CHECKING:
    from vhp.model.vae import VAE


class GaussianMixture(Prior):
    """M Gaussians of equal weight, none of them learned: a VampPrior with fixed weights."""

    d_zeta = 0
    mean: Tensor
    log_var: Tensor

    def __init__(self, mean: Tensor, log_var: Tensor):
        """mean, log_var: (M, d_z)."""
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("log_var", log_var)

    def log_prob(self, z: Tensor, eps: Tensor | None = None) -> Tensor:
        """z (..., d_z) -> (...), exact."""
        return gaussian_mixture_log_prob(z, self.mean, self.log_var)

    def arguments(self) -> dict[str, Any]:
        return {"n_components": len(self.mean)}

    def from_noise(self, eps: Tensor) -> Tensor:
        n = len(self.mean)
        component = (torch.special.ndtr(eps[..., -1].double()) * n).long().clamp_max(n - 1)
        return gaussian_sample(self.mean[component], self.log_var[component], eps[..., :-1])

    def log_joint(self, u: Tensor) -> Tensor:
        return self.log_prob(u)

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        component = torch.randint(self.mean.shape[0], (n,), device=self.mean.device)
        mean, log_var = self.mean[component], self.log_var[component]
        return gaussian_sample(mean, log_var, torch.randn_like(mean))

    def frozen(self) -> "GaussianMixture":
        return self


def build(model: "VAE", n_components: int) -> GaussianMixture:
    """A prior of this form for the model, with weights of any value; the arguments are those of arguments()."""
    return GaussianMixture(*torch.zeros(2, n_components, model.d_z))


def gaussian_mixture_log_prob(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log 1/M sum_m N(z; mean_m, diag exp(log_var_m)): z (..., d), components (M, d) -> (...)."""
    log_probs = gaussian_log_probs(z, mean, log_var, log_share=-math.log(mean.shape[0]))
    return torch.logsumexp(log_probs.to(mean.dtype), -1)
