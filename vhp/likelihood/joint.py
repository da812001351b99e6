"""The joint density p(x, u) of an image and all that is latent, u = (z, zeta) side by side; u = z without a zeta."""

import torch
from torch import Tensor

from vhp.model.distributions import gaussian_log_prob, gaussian_sample
from vhp.model.priors import Prior
from vhp.model.vae import VAE


class Joint:
    """log p(x|z) + log p(u) with log p(u) = log p(z|zeta) + log p(zeta), or log p(z); all exact, nats."""

    def __init__(self, model: VAE):
        """Raises TypeError for a prior without a joint density, or without what is to be drawn from it."""
        self.model, self.prior = model, model.prior.frozen()
        if missing := _missing(self.prior):
            found = f"found {type(self.prior).__name__} without {' and '.join(missing)} for p(z)"
            expected = "a prior with from_noise, log_joint and, where d_zeta > 0, q_zeta"
            raise TypeError(f"{found}, expected {expected} (vhp.model.priors)")
        self.d_z = model.d_z
        self.width = model.d_z + self.prior.d_zeta  # d, of u

    def from_prior(self, eps: Tensor) -> Tensor:
        """u ~ p(u) from standard normal noise (..., d + 1) -> (..., d)."""
        return self.prior.from_noise(eps)

    def log_prior(self, u: Tensor) -> Tensor:
        """log p(u): (..., d) -> (...)."""
        return self.prior.log_joint(u)

    def log_likelihood(self, x: Tensor, u: Tensor) -> Tensor:
        """log p(x|z): x (batch, D), u (..., batch, d) -> (..., batch)."""
        return self.model.observation.log_prob(x, self.model.decode(u[..., : self.d_z]))

    def log_prob(self, x: Tensor, u: Tensor) -> Tensor:
        """log p(x, u): x (batch, D), u (..., batch, d) -> (..., batch)."""
        return self.log_likelihood(x, u) + self.log_prior(u)

    def encoded(self, mean: Tensor, log_var: Tensor, eps: Tensor) -> Tensor:
        """u ~ q(z|x) q(zeta|z): mean, log_var of q(z|x) (batch, d_z), noise (..., batch, d) -> (..., batch, d)."""
        z = gaussian_sample(mean, log_var, eps[..., : self.d_z])
        if self.width == self.d_z:
            return z
        return torch.cat([z, gaussian_sample(*self.prior.q_zeta(z), eps[..., self.d_z : self.width])], -1)

    def log_encoder(self, mean: Tensor, log_var: Tensor, u: Tensor) -> Tensor:
        """log q(z|x) + log q(zeta|z): mean, log_var (batch, d_z), u (..., batch, d) -> (..., batch)."""
        z, zeta = u[..., : self.d_z], u[..., self.d_z :]
        log_q = gaussian_log_prob(z, mean, log_var)
        return log_q if self.width == self.d_z else log_q + gaussian_log_prob(zeta, *self.prior.q_zeta(z))


def _missing(prior: Prior) -> list[str]:
    """What a joint density needs of the prior and it does not have."""
    inherited = [name for name in ("from_noise", "log_joint") if getattr(type(prior), name) is getattr(Prior, name)]
    return inherited + ["q_zeta"] * (prior.d_zeta > 0 and not hasattr(prior, "q_zeta"))
