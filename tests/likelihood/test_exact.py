"""Exact likelihoods on latent planes: against closed forms, and against one dense grid for everything."""

import math

import pytest
import tiny
import torch
from linear_gaussian import PRIORS, T2, LinearGaussian

from vhp.likelihood.exact.plane import exact_log_likelihood
from vhp.model.distributions import gaussian_log_prob, standard_normal_log_prob
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE


@pytest.mark.parametrize("prior", PRIORS)
def test_linear_gaussian_models_to_a_millionth(prior):
    case = LinearGaussian(prior, perturbed=True, d_z=2)
    x = case.data(6)
    found = exact_log_likelihood(case.model, x)
    assert (found - case.log_p(x)).abs().max() < 1e-6


def midpoints(reach, n):
    """n x n points of a square and the logarithm of what each stands for."""
    axis = (torch.arange(n).double() + 0.5) / n * 2 * reach - reach
    return torch.cartesian_prod(axis, axis), 2 * math.log(2 * reach / n)


@torch.no_grad()
def dense(model, x):
    """log p(x) by the midpoint rule with one spacing, finer than needed; with zeta, every pair of points."""
    z, log_area = midpoints(8.0, 100)
    log_likelihood = model.observation.log_prob(x, model.decode(z)[:, None])
    if model.prior.d_zeta == 0:
        log_prior = model.prior.log_prob(z)
    else:
        zeta, log_area_zeta = midpoints(7.0, 90)
        mean, log_var = model.prior.p_z(zeta)
        weight = standard_normal_log_prob(zeta) + log_area_zeta
        log_prior = [torch.logsumexp(gaussian_log_prob(one, mean, log_var) + weight, 0) for one in z]
        log_prior = torch.stack(log_prior)
    return torch.logsumexp(log_likelihood + log_prior[:, None], 0) + log_area


@pytest.mark.parametrize("name", ["iwae_l1", "vampprior", "vhp_rewo"])
def test_networks_against_a_dense_grid(name):
    model = tiny.attach(name, VAE(tiny.D, 2, [8], "bernoulli").double(), tiny.patterns(20, torch.float64)).model
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
        model.decoder[-1].weight.mul_(3)  # a posterior narrower than the prior
    x = tiny.patterns(4)
    found = exact_log_likelihood(model, x)
    assert (found - dense(model, x.double() / 255)).abs().max() < 1e-5
    assert found.std() > 0.1  # the images do differ


@pytest.mark.parametrize("d_z, d_zeta", [(3, 2), (2, 3)])
def test_latent_spaces_that_are_no_plane_are_refused(d_z, d_zeta):
    model = tiny.attach(
        "iwae_l2", VAE(tiny.D, d_z, [8], "bernoulli"), tiny.patterns(20, torch.float32), d_zeta=d_zeta
    ).model
    with pytest.raises(ValueError, match=f"found d_z = {d_z}, d_zeta = {d_zeta}"):
        exact_log_likelihood(model, tiny.patterns(2))


class Two(StandardNormal):
    """A prior that says it has a zeta, and is none that the mixture is made of."""

    d_zeta = 2


def test_a_prior_whose_zeta_cannot_be_integrated_out_is_refused():
    model = VAE(tiny.D, 2, [8], "bernoulli")
    model.prior = Two(2)
    with pytest.raises(TypeError, match=r"found Two for p\(z\), expected HierarchicalPrior"):
        exact_log_likelihood(model, tiny.patterns(2))


def test_posteriors_far_from_where_the_encoder_points():
    """In the tail of a hierarchical prior whose p(z|zeta) is narrow: what is negligible where the encoder points is not
    negligible there."""
    case, narrow = LinearGaussian("hierarchical", perturbed=False, d_z=2), 3e-3
    prior, ((mean, covariance),) = case.model.prior, case.components
    prior.p_z.log_var.data.fill_(math.log(narrow))
    case.W.mul_(10)  # of the decoder: its posteriors are narrow, too
    case.components = [(mean, covariance + (narrow - T2) * torch.eye(2, dtype=torch.float64))]
    far = mean + covariance.diagonal().sqrt() * torch.tensor([[6.0, 0.0], [0.0, -6.5], [0.1, 0.1]])
    x = far @ case.W.T + case.b
    case.model.encoder.weight.data.zero_()
    case.model.encoder.bias.data = mean
    assert (exact_log_likelihood(case.model, x, 1e-3) - case.log_p(x)).abs().max() < 1e-3


def test_a_mode_far_out_that_the_prior_has_and_nothing_leads_to():
    """Half of the prior is at (30, 0). A decoder that ignores z: log p(x) is log p(x|z), wherever z is."""
    model = VAE(tiny.D, 2, [8], "bernoulli")
    model.prior = GaussianMixture(torch.tensor([[0.0, 0.0], [30.0, 0.0]]), torch.zeros(2, 2))
    model.decoder[-1].weight.data.zero_()
    x = tiny.patterns(3)
    log_p = model.observation.log_prob(x.double() / 255, model.double().decode(torch.zeros(1, 2).double()))
    assert (exact_log_likelihood(model.float(), x) - log_p).abs().max() < 1e-5


def test_grey_values_are_refused():
    model = tiny.attach("iwae_l1", VAE(tiny.D, 2, [8], "bernoulli"), tiny.patterns(20, torch.float32)).model
    with pytest.raises(ValueError, match="x, row 0, column 0: found 100, expected 0 and 255 only"):
        exact_log_likelihood(model, torch.full((2, tiny.D), 100, dtype=torch.uint8))
