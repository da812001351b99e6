"""How much of log p(x) less its bound is the prior's own: KL(q_Phi(zeta|z) || p(zeta|z)), z ~ q_phi(z|x)."""

import math

import torch
from torch import Tensor

from vhp.likelihood.numbers import image_numbers, noise
from vhp.model.distributions import gaussian_sample
from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE

CHUNK_SAMPLES = 50_000  # of zeta at a time: the prior's layers take a few hundred floats for each


@measuring
def zeta_gap(model: VAE, x: Tensor, n_z: int, n_zeta: int, seed: int, numbers: Tensor | None = None) -> Tensor:
    """log 1/K sum_k w_k - 1/K sum_k log w_k, w_k = p(z, zeta_k) / q_Phi(zeta_k|z), K = n_zeta: x (n, D) -> (n,), nats.

    Means over n_z samples z ~ q_phi(z|x). The first term is L_IW(z), which is below log p_Theta(z) by what is left of
    the gap at K samples: so is the result. 0 for a prior without a latent of its own. x: float32, binary or real.
    numbers: (n,), what the noise of each image is drawn from, beside the seed; by default its position. Raises
    ValueError for others.
    """
    d_zeta = model.prior.d_zeta
    if d_zeta == 0:
        return torch.zeros(len(x), device=x.device)
    numbers = image_numbers(numbers, len(x))
    prior, gaps, width = model.prior.frozen(), [], model.d_z + n_zeta * d_zeta
    for index in torch.arange(len(x)).split(max(1, CHUNK_SAMPLES // (n_z * n_zeta))):
        mean, log_var = model.encoder(x[index.to(x.device)])
        eps = noise(seed, numbers[index].tolist(), n_z, width, x.device)
        z = gaussian_sample(mean, log_var, eps[..., : model.d_z])
        eps_zeta = eps[..., model.d_z :].unflatten(-1, (n_zeta, d_zeta)).movedim(-2, 0)  # (K, n_z, batch, d_zeta)
        # Single weights: L_IW with K = 1 at z, once for each sample of zeta.
        log_weight = prior.log_prob(z.expand(n_zeta, *z.shape), eps_zeta[None])
        gaps.append((torch.logsumexp(log_weight, 0) - math.log(n_zeta) - log_weight.mean(0)).mean(0))
    return torch.cat(gaps)
