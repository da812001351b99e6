"""VampPrior: p(z) = 1/M sum_m q_phi(z|u_m) with learned pseudo-inputs u_m (Tomczak & Welling 2018)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vhp.model.priors import Prior
from vhp.model.priors.mixture import GaussianMixture, gaussian_mixture_log_prob

if TYPE_CHECKING:
    from vhp.model.vae import VAE


class VampPrior(Prior):
    """A mixture of M posteriors, one for each pseudo-input, all with weight 1/M."""

    d_zeta = 0

    def __init__(self, encoder: Callable[[Tensor], tuple[Tensor, Tensor]], pseudo_inputs: Tensor, unit_interval: bool):
        """
        encoder: the model's own q_phi(z|x), shared, not copied: (M, D) -> mean, log_var, each (M, d_z).
        pseudo_inputs: (M, D), their initial values, for instance training examples.
        unit_interval: keep the pseudo-inputs in [0, 1], where the data are.
        """
        super().__init__()
        self.pseudo_inputs = nn.Parameter(pseudo_inputs.clone())
        self.unit_interval = unit_interval
        # In a tuple, so that the encoder's parameters are not registered (and saved, and stepped) twice.
        self._encoder = (encoder,)

    def components(self) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q_phi(z|u_m), each (M, d_z)."""
        u = self.pseudo_inputs.clamp(0, 1) if self.unit_interval else self.pseudo_inputs
        return self._encoder[0](u)

    def log_prob(self, z: Tensor, eps: Tensor | None = None) -> Tensor:
        """z (..., d_z) -> (...), exact. Encodes the pseudo-inputs at each call; frozen() does it once."""
        return gaussian_mixture_log_prob(z, *self.components())

    def arguments(self) -> dict[str, Any]:
        return {"n_pseudo_inputs": len(self.pseudo_inputs)}

    def from_noise(self, eps: Tensor) -> Tensor:
        return self.frozen().from_noise(eps)

    def log_joint(self, u: Tensor) -> Tensor:
        return self.log_prob(u)

    def sample(self, n: int) -> Tensor:
        """(n, d_z)."""
        return self.frozen().sample(n)

    def frozen(self) -> GaussianMixture:
        with torch.no_grad():
            return GaussianMixture(*self.components())


def build(model: "VAE", n_pseudo_inputs: int) -> VampPrior:
    """A prior of this form for the model, with weights of any value; the arguments are those of arguments()."""
    return VampPrior(model.encoder, torch.zeros(n_pseudo_inputs, model.n_dims), model.observation.unit_interval)
