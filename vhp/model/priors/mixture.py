"""p(z) = 1/M sum_m N(z; mean_m, diag exp(log_var_m)) with fixed components."""

import torch
from torch import Tensor, nn

from vhp.model.distributions import gaussian_mixture_log_prob, gaussian_sample


class GaussianMixture(nn.Module):
    d_zeta = 0

    def __init__(self, mean: Tensor, log_var: Tensor):
        """mean, log_var: (M, d_z)."""
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("log_var", log_var)

    def log_prob(self, z: Tensor, eps: Tensor | None = None) -> Tensor:
        """z (..., d_z) -> (...), exact."""
        return gaussian_mixture_log_prob(z, self.mean, self.log_var)

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        component = torch.randint(self.mean.shape[0], (n,), device=self.mean.device)
        mean, log_var = self.mean[component], self.log_var[component]
        return gaussian_sample(mean, log_var, torch.randn_like(mean))

    def frozen(self) -> "GaussianMixture":
        return self
