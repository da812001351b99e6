"""Bounds add log-probabilities: against plain Python with the same noise."""

import pytest
import reference
import tiny
import torch

from vhp.objective.bounds import elbo, importance_weighted_bound
from vhp.objective.terms import Terms, sample_terms, terms


def random_terms(n=5, batch=3):
    return Terms(*torch.randn(4, n, batch, dtype=torch.float64))


def columns(t, j):
    """Log-likelihood, log-prior and log-posterior of image j as lists over the samples."""
    return [field[:, j].tolist() for field in t[:3]]


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0, 2.0])
def test_elbo_equals_the_reference(beta):
    t = random_terms()
    result = elbo(t, beta).tolist()
    assert result == pytest.approx([reference.elbo(*columns(t, j), beta) for j in range(3)], rel=1e-12)


def test_importance_weighted_bound_equals_the_reference():
    t = random_terms()
    result = importance_weighted_bound(t).tolist()
    assert result == pytest.approx([reference.importance_weighted_bound(*columns(t, j)) for j in range(3)], rel=1e-12)


def test_importance_weighted_bound_of_one_sample_is_the_elbo():
    t = random_terms(n=1)
    torch.testing.assert_close(importance_weighted_bound(t), elbo(t), rtol=1e-12, atol=1e-12)


def test_importance_weighted_bound_is_finite_for_weights_beyond_the_range_of_exp():
    t = random_terms()
    shifted = t._replace(log_likelihood=t.log_likelihood - 2000)
    difference = importance_weighted_bound(t) - importance_weighted_bound(shifted)
    torch.testing.assert_close(difference, torch.full((3,), 2000.0).double(), rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["vhp_rewo", "iwae_l2", "vampprior", "iwae_l1"])
def test_terms_equal_the_reference_sample_by_sample(name):
    method = tiny.build(name, dtype=torch.float64)
    model, n = method.model, 3
    x = tiny.patterns(2, torch.float64)
    mean, log_var = model.encoder(x)
    eps = torch.randn(n, 2, tiny.D_Z, dtype=torch.float64)
    eps_zeta = torch.randn(method.n_zeta, n, 2, model.prior.d_zeta, dtype=torch.float64)
    t = terms(model, x, mean, log_var, eps, eps_zeta)

    def plain(network):
        return lambda values: [part.tolist() for part in network(torch.tensor(values, dtype=torch.float64))]

    def log_prior(z, i, j):
        if name == "vampprior":
            return reference.mixture(z, *(part.tolist() for part in model.prior.components()))
        if name == "iwae_l1":
            return reference.standard_normal(z)
        return reference.l_iw(z, eps_zeta[:, i, j].tolist(), plain(model.prior.p_z), plain(model.prior.q_zeta))

    for i in range(n):
        for j in range(2):
            q = mean[j].tolist(), log_var[j].tolist()
            z = reference.sample(*q, eps[i, j].tolist())
            logits = model.decoder(torch.tensor(z, dtype=torch.float64)).tolist()
            log_likelihood = reference.bernoulli(x[j].tolist(), logits)
            expected = [log_likelihood, log_prior(z, i, j), reference.gaussian(z, *q), -log_likelihood / tiny.D]
            assert [field[i, j].item() for field in t] == pytest.approx(expected, rel=1e-10)


def test_sampled_terms_are_independent_between_samples_and_images():
    """One noise vector shared by the batch, or by the samples, would leave the means right and the gradients noisy."""
    method = tiny.build("vhp_rewo", dtype=torch.float64)
    x = tiny.patterns(1, torch.float64).expand(6, -1)
    t = sample_terms(method.model, x, 5, method.n_zeta)
    for field in (t.log_likelihood, t.log_prior, t.log_posterior):
        assert len(set(field.flatten().tolist())) == 30
