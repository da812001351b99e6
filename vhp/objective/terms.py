"""The log-probabilities that a bound adds up, for samples z ~ q_phi(z|x)."""

from typing import NamedTuple

import torch
from torch import Tensor

from vhp.model.distributions import gaussian_log_prob, gaussian_sample
from vhp.model.priors import Prior
from vhp.model.vae import VAE


class Terms(NamedTuple):
    """Log-probabilities of n samples z ~ q_phi(z|x) per example, each (n, batch), nats."""

    log_likelihood: Tensor  # log p_theta(x|z)
    log_prior: Tensor  # log p(z), or L_IW(z), or one joint weight (see vhp.model.priors)
    log_posterior: Tensor  # log q_phi(z|x)
    constraint: Tensor  # C(x, z) per data dimension (see vhp.model.observation)


def drawn_noise(model: VAE, x: Tensor, n: int, n_zeta: int) -> tuple[Tensor, Tensor]:
    """Standard normal noise for n samples z per example of x (batch, D), and n_zeta of the prior's own latent per z.

    eps (n, batch, d_z), eps_zeta (n_zeta, n, batch, d_zeta), of x's type.
    """
    shapes = (n, len(x), model.d_z), (n_zeta, n, len(x), model.prior.d_zeta)
    eps, eps_zeta = (torch.randn(shape, device=x.device, dtype=x.dtype) for shape in shapes)
    return eps, eps_zeta


def sample_terms(model: VAE, x: Tensor, n: int, n_zeta: int) -> Terms:
    """Draw n samples z per example of x (batch, D), and n_zeta samples of the prior's own latent per z."""
    return terms(model, x, *model.encoder(x), *drawn_noise(model, x, n, n_zeta))  # type: ignore[call-arg]


def terms(
    model: VAE, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor, eps_zeta: Tensor, prior: Prior | None = None
) -> Terms:
    """Terms for given noise, posterior and, if it is not the model's own, prior.

    x (batch, D); mean, log_var of q_phi(z|x) (batch, d_z); eps (n, batch, d_z); eps_zeta (K, n, batch, d_zeta).
    """
    prior = model.prior if prior is None else prior
    z = gaussian_sample(mean, log_var, eps)
    out = model.decode(z)
    log_likelihood = model.observation.log_prob(x, out)
    return Terms(
        log_likelihood=log_likelihood,
        log_prior=prior.log_prob(z, eps_zeta),
        log_posterior=gaussian_log_prob(z, mean, log_var),
        constraint=model.observation.constraint(x, out, log_likelihood),
    )
