"""Likelihood estimate and bounds where log p(x) is known exactly."""

import math

import pytest
import torch
from linear_gaussian import D_Z, HIERARCHICAL, NORMAL, PRIORS, LinearGaussian

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model.priors.mixture import GaussianMixture
from vhp.objective.bounds import elbo, importance_weighted_bound
from vhp.objective.terms import Terms, terms

N = 100
SETTINGS = LikelihoodSettings(n_samples=5000, precision="float32", compile=False)


def nll(case, x, seed=1):
    return estimate(case.model, x, SETTINGS, seed=seed, dtype=torch.float64)


@pytest.mark.parametrize("prior", [NORMAL, HIERARCHICAL])
def test_exact_posterior_gives_log_p_without_variance(prior):
    """p(x|z) p(z) / q(z|x) is p(x) for every z, and so for joint samples (z, zeta)."""
    case = LinearGaussian(prior, perturbed=False)
    x = case.data(20)
    result = nll(case, x)
    torch.testing.assert_close(result.log_likelihood, case.log_p(x), rtol=0, atol=1e-8)
    torch.testing.assert_close(result.elbo, case.log_p(x), rtol=0, atol=1e-8)
    torch.testing.assert_close(result.effective_samples, torch.full((20,), 5000.0).double(), rtol=1e-8, atol=0)
    assert result.monte_carlo_se.max() < 1e-8


@pytest.mark.parametrize("prior", PRIORS)
def test_estimate_converges_to_log_p_within_its_own_error_bar(prior, record_property):
    """Standardised deviations of 100 images are nearly N(0, 1): in a right program their maximum exceeds 4.5 once in
    1,500 seeds, their mean (standard error 0.1) exceeds 0.4 and their spread (0.07) leaves 1 +- 0.3 even less."""
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(N)
    result = nll(case, x)
    # Proposals are imperfect, or there is nothing to estimate; and good enough for a Gaussian error.
    assert result.monte_carlo_se.min() > 1e-4 and result.monte_carlo_se.max() < 0.1
    deviation = (result.log_likelihood - case.log_p(x)) / result.monte_carlo_se
    record_property("largest standardised deviation", deviation.abs().max().item())
    print(f"{prior}: max {deviation.abs().max():.2f}, mean {deviation.mean():.2f}, std {deviation.std():.2f}")
    assert deviation.abs().max() < 4.5
    assert abs(deviation.mean()) < 0.4
    assert 0.7 < deviation.std() < 1.3


def test_elbo_of_the_estimate_is_log_p_minus_the_kl_divergence():
    case = LinearGaussian(NORMAL, perturbed=True)
    x = case.data(N)
    error = nll(case, x).elbo - (case.log_p(x) - case.kl(x))
    # The spread over images is the Monte Carlo error of one; 4.5 standard errors of their mean.
    assert abs(error.mean()) < 4.5 * error.std() / math.sqrt(N)
    assert error.std() < 0.05 * case.kl(x).mean()


@pytest.mark.parametrize("prior", PRIORS)
def test_elbo_is_below_the_estimate(prior):
    """Jensen's inequality holds for the samples themselves, not only in expectation."""
    case = LinearGaussian(prior, perturbed=True)
    result = nll(case, case.data(20))
    assert (result.elbo < result.log_likelihood).all()


def repeated_terms(case, x, n, repeats, n_zeta=1):
    """Terms of n samples z, repeated with fresh noise: each (n, repeats, batch)."""
    mean, log_var = case.model.encoder(x)
    eps = torch.randn(n * repeats, *mean.shape, dtype=torch.float64)
    eps_zeta = torch.randn(n_zeta, n * repeats, len(x), case.model.prior.d_zeta, dtype=torch.float64)
    t = terms(case.model, x, mean, log_var, eps, eps_zeta)
    return Terms(*(field.reshape(n, repeats, len(x)) for field in t))


def mean_and_error(values):
    """Over the repeats: (mean over repeats and batch, its standard error)."""
    per_repeat = values.mean(-1)
    return per_repeat.mean().item(), (per_repeat.std() / math.sqrt(len(per_repeat))).item()


@torch.no_grad()
@pytest.mark.parametrize("prior", PRIORS)
def test_bounds_are_ordered(prior):
    """ELBO < IW_5 < IW_10 < log p, each gap larger than 4 standard errors of the Monte Carlo mean."""
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(10)
    log_p, K = case.log_p(x), 5
    t = repeated_terms(case, x, 2 * K, 2000)
    # The same samples in two halves: the differences have little noise.
    halves = [Terms(*(field[part] for field in t)) for part in (slice(0, K), slice(K, 2 * K))]
    iw_k = sum(importance_weighted_bound(half) for half in halves) / 2
    iw_2k = importance_weighted_bound(t)
    for lower, upper in [(elbo(t), iw_k), (iw_k, iw_2k), (iw_2k, log_p.expand_as(iw_2k))]:
        gap, error = mean_and_error(upper - lower)
        assert gap > 4 * error


@torch.no_grad()
@pytest.mark.parametrize("prior", [NORMAL, HIERARCHICAL])
def test_expected_importance_weight_is_p_of_x(prior):
    """exp of the bound is unbiased for p(x) with any number of samples: this fixes its 1/K exactly."""
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(10)
    t = repeated_terms(case, x, 3, 5000)
    gap, error = mean_and_error((importance_weighted_bound(t) - case.log_p(x)).exp() - 1)
    assert abs(gap) < 4.5 * error
    assert error < 0.01


@torch.no_grad()
def test_elbo_is_log_p_minus_the_kl_divergence():
    case = LinearGaussian(NORMAL, perturbed=True)
    x = case.data(10)
    gap, error = mean_and_error(elbo(repeated_terms(case, x, 1, 5000)) - (case.log_p(x) - case.kl(x)))
    assert abs(gap) < 4.5 * error
    assert error < 0.05 * case.kl(x).mean()


@torch.no_grad()
def test_f_is_an_upper_bound_on_the_kl_divergence_that_tightens_with_k():
    """Poster: KL(q(z|x) || p_Theta(z)) <= F(x); L_IW rises towards log p_Theta(z) with K."""
    case = LinearGaussian(HIERARCHICAL, perturbed=True)
    x = case.data(10)
    ((mean, covariance),) = case.components
    q_mean, q_log_var = case.model.encoder(x)
    kl = torch.distributions.kl_divergence(
        torch.distributions.MultivariateNormal(q_mean, torch.diag_embed(q_log_var.exp())),
        torch.distributions.MultivariateNormal(mean, covariance),
    )
    eps = torch.randn(2000, 10, D_Z, dtype=torch.float64)
    excess = []
    for K in (1, 4, 64):
        eps_zeta = torch.randn(K, *eps.shape, dtype=torch.float64)
        t = terms(case.model, x, q_mean, q_log_var, eps, eps_zeta)
        excess.append(mean_and_error(t.log_posterior - t.log_prior - kl))
    (one, one_error), (four, four_error), (many, many_error) = excess
    assert one - four > 4 * math.hypot(one_error, four_error)
    # L_IW's gap falls as 1/K: at K = 64 little of it is left.
    assert -4.5 * many_error < many < 0.1 * one


def prior_scores(case, x):
    """Gradient of the mean L_IW over z ~ q(z|x) by the parameters of p_Theta(z|zeta), in standard errors, flat."""
    n_parts, parameters = 25, list(case.model.prior.p_z.parameters())
    gradients = []
    for part in x.chunk(n_parts):
        mean, log_var = case.model.encoder(part)
        eps, eps_zeta = torch.randn(1, len(part), D_Z).double(), torch.randn(4, 1, len(part), D_Z).double()
        t = terms(case.model, part, mean, log_var, eps, eps_zeta)
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(t.log_prior.mean(), parameters)]))
    gradients = torch.stack(gradients)
    return gradients.mean(0) / (gradients.std(0) / math.sqrt(n_parts))


def test_the_aggregated_posterior_is_the_optimal_prior():
    """Poster: the optimal empirical Bayes prior is p*(z) = E_p(x)[q(z|x)].

    With exact posteriors and x ~ p(x), p* is the prior itself: there the gradient by every parameter of the prior is
    zero (5.5: 15 parameters, Student's t with 24 degrees of freedom), and for a prior moved away from it, it is not.
    """
    case = LinearGaussian(HIERARCHICAL, perturbed=False)
    x = case.data(50_000)
    assert prior_scores(case, x).abs().max() < 5.5
    for parameter in case.model.prior.p_z.parameters():
        before = parameter.data.clone()
        parameter.data += 0.2
        assert prior_scores(case, x).abs().max() > 11
        parameter.data = before


def test_mixture_prior_of_one_standard_component_is_the_standard_normal():
    """Two routes to one model: the estimates agree number by number, given the same noise."""
    case = LinearGaussian(NORMAL, perturbed=True)
    x = case.data(5)
    normal = nll(case, x)
    case.model.prior = GaussianMixture(*torch.zeros(2, 3, D_Z, dtype=torch.float64))
    mixture = nll(case, x)
    torch.testing.assert_close(mixture.log_likelihood, normal.log_likelihood, rtol=0, atol=1e-10)
