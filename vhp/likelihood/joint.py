"""The joint density p(x, u) of an image and all that is latent, u = (z, zeta) side by side; u = z without a zeta."""

import torch
from torch import Tensor

from vhp.model.distributions import gaussian_log_prob, gaussian_sample, standard_normal_log_prob
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE


class Joint:
    """log p(x|z) + log p(u) with log p(u) = log p(z|zeta) + log p(zeta), or log p(z); all exact, nats."""

    def __init__(self, model: VAE):
        """Raises TypeError for a prior that is not known here."""
        self.model, self.prior = model, model.prior.frozen()
        known = (StandardNormal, GaussianMixture, HierarchicalPrior)
        if not isinstance(self.prior, known):
            names = ", ".join(kind.__name__ for kind in known)
            raise TypeError(f"found {type(self.prior).__name__} for p(z), expected one of {names}")
        self.d_z = model.d_z
        self.width = model.d_z + self.prior.d_zeta  # d, of u

    def from_prior(self, eps: Tensor) -> Tensor:
        """u ~ p(u) from standard normal noise (..., d + 1) -> (..., d): the last column picks a mixture's component."""
        z, zeta = eps[..., : self.d_z], eps[..., self.d_z : self.width]
        if isinstance(self.prior, HierarchicalPrior):
            return torch.cat([gaussian_sample(*self.prior.p_z(zeta), z), zeta], -1)
        if isinstance(self.prior, GaussianMixture):
            n = len(self.prior.mean)
            component = (torch.special.ndtr(eps[..., -1].double()) * n).long().clamp_max(n - 1)
            return gaussian_sample(self.prior.mean[component], self.prior.log_var[component], z)
        return z

    def log_prior(self, u: Tensor) -> Tensor:
        """log p(u): (..., d) -> (...)."""
        if not isinstance(self.prior, HierarchicalPrior):
            return self.prior.log_prob(u)
        z, zeta = u[..., : self.d_z], u[..., self.d_z :]
        return gaussian_log_prob(z, *self.prior.p_z(zeta)) + standard_normal_log_prob(zeta)

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
