"""The hierarchical prior p_Theta(z) = int p_Theta(z|zeta) p(zeta) dzeta, p(zeta) = N(0, I).

Poster: "Hierarchical Priors for Learning Informative Latent Representations".
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vhp.model.distributions import gaussian_log_prob, gaussian_sample, standard_normal_log_prob
from vhp.model.networks import GaussianNetwork
from vhp.model.priors import Prior

if TYPE_CHECKING:
    from vhp.model.vae import VAE


class HierarchicalPrior(Prior):
    """p_Theta(z|zeta) p(zeta) with the variational posterior q_Phi(zeta|z), both gated perceptrons.

    Its density has no closed form: log_prob is a bound, from importance samples of zeta.
    """

    def __init__(self, d_z: int, d_zeta: int, hidden: Sequence[int]):
        super().__init__()
        self.d_z, self.d_zeta, self.hidden = d_z, d_zeta, list(hidden)
        self.p_z = GaussianNetwork(d_zeta, hidden, d_z)  # p_Theta(z|zeta)
        self.q_zeta = GaussianNetwork(d_z, hidden, d_zeta)  # q_Phi(zeta|z)

    def log_prob(self, z: Tensor, eps: Tensor) -> Tensor:
        """L_IW(z) = log 1/K sum_k p_Theta(z|zeta_k) p(zeta_k) / q_Phi(zeta_k|z), zeta_k ~ q_Phi(zeta|z).

        z (..., d_z); eps (K, ..., d_zeta), standard normal -> (...). A lower bound on log p_Theta(z) in expectation.
        """
        mean, log_var = self.q_zeta(z)
        zeta = gaussian_sample(mean, log_var, eps)
        log_weight = (
            gaussian_log_prob(z, *self.p_z(zeta))
            + standard_normal_log_prob(zeta)
            - gaussian_log_prob(zeta, mean, log_var)
        )
        return torch.logsumexp(log_weight, 0) - math.log(eps.shape[0])

    def arguments(self) -> dict[str, Any]:
        return {"d_zeta": self.d_zeta, "hidden": self.hidden}

    def from_noise(self, eps: Tensor) -> Tensor:
        z, zeta, _ = eps.split([self.d_z, self.d_zeta, 1], -1)
        mean, log_var = self.p_z(zeta)
        return torch.cat([gaussian_sample(mean, log_var, z), zeta], -1)

    def log_joint(self, u: Tensor) -> Tensor:
        z, zeta = u.split([self.d_z, self.d_zeta], -1)
        return gaussian_log_prob(z, *self.p_z(zeta)) + standard_normal_log_prob(zeta)

    def sample(self, n: int) -> Tensor:
        """(n, d_z): zeta ~ p(zeta), then z ~ p_Theta(z|zeta)."""
        weight = next(self.parameters())
        mean, log_var = self.p_z(torch.randn(n, self.d_zeta, device=weight.device, dtype=weight.dtype))
        return gaussian_sample(mean, log_var, torch.randn_like(mean))

    def frozen(self) -> "HierarchicalPrior":
        return self


def build(model: "VAE", d_zeta: int, hidden: Sequence[int]) -> HierarchicalPrior:
    """A prior of this form for the model, with weights of any value; the arguments are those of arguments()."""
    return HierarchicalPrior(model.d_z, d_zeta, hidden)
