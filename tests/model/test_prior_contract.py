"""What holds for every prior (vhp/model/priors/__init__.py): a new one is an entry in PRIORS.

A prior is attached to a model with a latent plane, and zeta, where it has one, is a number: so densities can be summed
over grids.
"""

import math
import pkgutil

import pytest
import quadrature
import torch

from vhp.model import priors
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE

D, D_Z = 5, 2
N = 20_000
REACH = 12  # of the grid; beyond it the densities have no mass that counts
# Each test compares up to 5 moments; a right sampler exceeds 4.5 standard errors in one of 25,000 such tests.
Z_LIMIT = 4.5
PRIORS = {
    "standard_normal": lambda model: StandardNormal(D_Z),
    "mixture": lambda model: GaussianMixture(2 * torch.randn(4, D_Z), 0.5 * torch.randn(4, D_Z) - 1),
    "vampprior": lambda model: VampPrior(model.encoder, torch.rand(4, D), unit_interval=True),
    "hierarchical": lambda model: HierarchicalPrior(D_Z, 1, [6]),
}


def build(name: str, seed: int = 1, dtype: torch.dtype = torch.float64) -> VAE:
    torch.manual_seed(seed)
    model = VAE(D, D_Z, [4], "bernoulli")
    model.prior = PRIORS[name](model)
    # Untrained networks are almost constant, and would hardly depend on x and zeta; of larger ones p(z) has long tails.
    with torch.no_grad():
        for module in (model.encoder, model.prior):
            for p in module.parameters():
                p.mul_(1.2)
    return model.to(dtype)


def noise(prior, n_zeta: int, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n_zeta, *shape, prior.d_zeta, dtype=dtype)


each_prior = pytest.mark.parametrize("name", PRIORS)


def test_every_prior_is_tested():
    assert set(PRIORS) == {module.name for module in pkgutil.iter_modules(priors.__path__)}


@each_prior
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shapes_and_precision_are_those_asked_for(name, dtype):
    prior = build(name, dtype=dtype).prior
    z = torch.randn(3, 4, D_Z, dtype=dtype)
    density, samples = prior.log_prob(z, noise(prior, 2, 3, 4, dtype=dtype)), prior.sample(7)
    assert density.shape == (3, 4) and density.dtype == dtype
    assert samples.shape == (7, D_Z) and samples.dtype == dtype


@each_prior
def test_samples_are_made_where_the_prior_is(name):
    """On the device without numbers, which takes no others."""
    assert build(name).to("meta").prior.sample(3).device.type == "meta"


@each_prior
def test_the_density_integrates_to_one_and_has_the_moments_of_the_samples(name):
    prior = build(name).prior
    z, volume = quadrature.grid(reach=REACH, n=161, d=D_Z)
    p = quadrature.log_prior(prior, z).exp() * volume
    assert p.sum().item() == pytest.approx(1, abs=1e-4)
    mean = p @ z
    covariance = (z - mean).T @ (p[:, None] * (z - mean))
    samples = prior.sample(N).detach()
    error = (samples.mean(0) - mean) / (samples.std(0) / math.sqrt(N))
    assert error.abs().max() < Z_LIMIT, error
    for i, j in ((0, 0), (0, 1), (1, 1)):
        product = (samples[:, i] - mean[i]) * (samples[:, j] - mean[j])
        error = (product.mean() - covariance[i, j]) / (product.std() / math.sqrt(N))
        assert abs(error) < Z_LIMIT, (i, j, error)


@pytest.mark.parametrize("name", [name for name in PRIORS if build(name).prior.d_zeta])
@torch.no_grad()
def test_importance_weights_are_unbiased_and_their_logarithm_is_a_bound(name):
    """With one zeta exp log_prob has the mean p(z); log_prob is below log p(z) in the mean, and less so with more."""
    prior = build(name).prior
    z = prior.sample(4)
    exact = quadrature.log_prior(prior, z)
    n = N // 4
    repeated = z.expand(n, 4, D_Z)
    ratio = (prior.log_prob(repeated, noise(prior, 1, n, 4)) - exact).exp()
    error = (ratio.mean(0) - 1) / (ratio.std(0) / math.sqrt(n))
    assert error.abs().max() < Z_LIMIT, error
    gaps = [exact - prior.log_prob(repeated, noise(prior, n_zeta, n, 4)).mean(0) for n_zeta in (1, 4, 32)]
    assert (gaps[0] > gaps[1]).all() and (gaps[1] > gaps[2]).all() and (gaps[2] > -5e-3).all()
    assert gaps[2].max() < gaps[0].max() / 5


@each_prior
def test_the_gradient_is_that_of_finite_differences_and_reaches_every_parameter(name):
    prior = build(name).prior
    z, eps = torch.randn(3, D_Z, dtype=torch.float64, requires_grad=True), noise(prior, 2, 3)
    assert torch.autograd.gradcheck(lambda z: prior.log_prob(z, eps), z)
    prior.log_prob(z, eps).sum().backward()
    for parameter, p in prior.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all() and p.grad.abs().max() > 0, parameter


@each_prior
@torch.no_grad()
def test_a_frozen_prior_is_the_same_prior(name):
    prior = build(name).prior
    frozen, z, eps = prior.frozen(), torch.randn(5, D_Z, dtype=torch.float64), noise(prior, 2, 5)
    assert frozen.d_zeta == prior.d_zeta
    assert torch.equal(frozen.log_prob(z, eps), prior.log_prob(z, eps))
    samples = []
    for either in (prior, frozen):
        torch.manual_seed(3)
        samples.append(either.sample(6))
    assert torch.equal(*samples)


@each_prior
@torch.no_grad()
def test_a_saved_model_has_its_prior(name):
    """In its state_dict: another one that loads it has the same densities and samples."""
    model, other = build(name), build(name, seed=2)
    z, eps = torch.randn(5, D_Z, dtype=torch.float64), noise(model.prior, 2, 5)
    if list(model.prior.state_dict()):
        assert not torch.equal(other.prior.log_prob(z, eps), model.prior.log_prob(z, eps))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.prior.log_prob(z, eps), model.prior.log_prob(z, eps))


@each_prior
def test_one_seed_gives_one_sample(name):
    samples = [build(name).prior.sample(4) for _ in range(2)]
    assert torch.equal(*samples)
