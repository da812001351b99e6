"""Exact log p(x) where the latent space is a plane, d_z = 2: the referee of every estimate.

    log p(x) = log int p(x|z) p(z) dz,    p(z) = int p(z|zeta) p(zeta) dzeta for a prior with a latent of its own

Both integrals by quadrature in float64. A decoded z serves all images, and a fine mixture for p(z) serves all z.
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor

from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.likelihood.exact.fine_mixture import FineMixture
from vhp.likelihood.exact.quadrature import Tiles, covering, integrated
from vhp.model.evaluation_mode import measuring
from vhp.model.priors import Prior
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.seeds import REACH_SEED, ROUGH_DENSITY_SEED

REACH = 9.0  # standard deviations of the normal distribution that are covered at first, at least
BEYOND = 1.2  # times as far as the encoder's means and samples of the prior: widening stops at a gap
PRIOR_SAMPLES = 10_000
TILES, MOST_TILES = 8, 64  # along a side of 2 REACH, and of any
N_ZETA = 256  # samples of zeta for a rough log p(z)
# Nats: how much less than p(z) where the encoder points is left uncut at first; many such tiles should do no harm.
MARGIN = 11.0
MOST_TIMES = 4  # that the mixture is made anew, finer
STEP, STEP_AT = 5.0, 1e-4  # of the fine mixture at this tolerance; its error falls with a high power of the step
STEP_POWER = 1 / 9
ROUGHLY = 0.01  # nats, of the integral of p(x|z)


@measuring
def exact_log_likelihood(model: VAE, x: Tensor, tolerance: float = 1e-6) -> Tensor:
    """log p(x), nats: x (n, D) binary uint8 (0 and 255) or float -> (n,) float64, on the CPU.

    tolerance: nats. At 1e-4 500 images of the pendulum with a hierarchical prior take two to three minutes of a core,
    at 1e-6 several times as long. Raises ValueError where z or zeta is not a plane, or for arrays that are no data (see
    check_examples), TypeError for a prior with a zeta
    that is not a HierarchicalPrior, ArithmeticError where an integral does not converge.
    """
    check_examples("x", x, Expected(model.n_dims, model.observation.unit_interval, torch.float64, binary=True))
    model = copy.deepcopy(model).cpu().double()
    prior = model.prior.frozen()
    if model.d_z != 2 or prior.d_zeta not in (0, 2):
        found = f"found d_z = {model.d_z}, d_zeta = {prior.d_zeta}"
        raise ValueError(f"{found}, expected planes: d_z = 2, and d_zeta = 0 or 2")
    x = as_means(x.cpu()).double()

    def log_likelihoods(z: Tensor, which: Tensor) -> Tensor:
        return model.observation.log_prob_of_pairs(x[which], model.decode(z))

    def integral(log_prior: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tiles]:
        """Over z, (n,), and the tiles that cover it."""

        def log_joint(z: Tensor, which: Tensor) -> Tensor:
            return log_likelihoods(z, which) + log_prior(z)[:, None]

        tiles = covering(log_joint, len(x), -corner, corner, per_side, tolerance)
        return integrated(log_joint, len(x), tiles, tolerance), tiles

    reach = max(REACH, BEYOND * _farthest(model, x))
    corner, per_side = torch.full((2,), reach, dtype=torch.float64), min(math.ceil(TILES * reach / REACH), MOST_TILES)
    if prior.d_zeta == 0:
        return integral(lambda z: prior.log_prob(z, z.new_empty(1, len(z), 0)))[0]  # exact, without noise
    if not isinstance(prior, HierarchicalPrior):
        raise TypeError(f"found {type(prior).__name__} for p(z), expected HierarchicalPrior where it has a zeta")
    step = STEP * (tolerance / STEP_AT) ** STEP_POWER
    least = _roughly(prior, model.encoder(x)[0]).min().item() + math.log(tolerance) - MARGIN
    for _ in range(MOST_TIMES):
        mixture = FineMixture(prior, step, least)
        log_p, tiles = integral(mixture.log_prob)
        # Wherever p(z) is wrong by e^doubt, p(x) is wrong by that times the integral of p(x|z).
        wrong = mixture.doubt + integrated(log_likelihoods, len(x), tiles, ROUGHLY) - log_p
        excess = wrong.max().item() - math.log(tolerance)
        if excess <= 0:
            return log_p
        least -= excess + 1
    raise ArithmeticError(
        f"found the prior's density in doubt by a share of e^{excess:.0f} times {tolerance:g} of p(x)"
    )


def _farthest(model: VAE, x: Tensor) -> float:
    """The largest coordinate of the encoder's means and of samples of the prior."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(REACH_SEED)
        sampled = model.prior.sample(PRIOR_SAMPLES)
    return torch.cat([model.encoder(x)[0], sampled]).abs().max().item()


def _roughly(prior: Prior, z: Tensor) -> Tensor:
    """log p(z) by importance sampling, (n, 2) -> (n,), with the same noise at each call."""
    generator = torch.Generator().manual_seed(ROUGH_DENSITY_SEED)
    eps = torch.randn(N_ZETA, len(z), prior.d_zeta, generator=generator, dtype=torch.float64)
    return prior.log_prob(z, eps)
