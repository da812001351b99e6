"""Gradients with frozen noise: against finite differences in float64, and against the formulas they should be."""

import pytest
import tiny
import torch

from vhp.objective.bounds import elbo, importance_weighted_bound
from vhp.objective.terms import terms


def noise(method, n):
    eps = torch.randn(method.n_z, n, tiny.D_Z, dtype=torch.float64)
    return eps, torch.randn(method.n_zeta, method.n_z, n, method.model.prior.d_zeta, dtype=torch.float64)


def loss(method, x, beta, eps, eps_zeta):
    return -method.bound(terms(method.model, x, *method.model.encoder(x), eps, eps_zeta), beta).mean()


def gradients(method, *arguments):
    return torch.autograd.grad(loss(method, *arguments), list(method.model.parameters()))


@pytest.mark.parametrize("network", tiny.NETWORKS)
@pytest.mark.parametrize("observation", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_gradient_of_every_parameter_equals_finite_differences(name, observation, network):
    """Along a random direction per parameter tensor: a detached or doubled term anywhere in it shows."""
    build, patterns = tiny.NETWORKS[network]
    method = build(name, observation, torch.float64)
    x, beta, h = patterns(6, torch.float64), torch.tensor(0.7, dtype=torch.float64), 1e-5
    arguments = (x, beta, *noise(method, len(x)))
    for (parameter_name, p), gradient in zip(
        method.model.named_parameters(), gradients(method, *arguments), strict=True
    ):
        direction = torch.randn_like(p)
        original = p.detach().clone()
        values = {}
        for step in (-2, -1, 1, 2):
            p.data = original + step * h * direction
            values[step] = loss(method, *arguments).item()
        p.data = original
        # Of fourth order: a Gaussian's loss bends so much that the error of second order would be seen.
        slope = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * h)
        assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-6, abs=1e-8), parameter_name
        assert gradient.abs().max() > 0, f"{parameter_name} is not trained"


@pytest.mark.parametrize("name", ["iwae_l1", "iwae_l2"])
def test_iwae_gradient_is_that_of_the_bound(name):
    """Burda et al. 2016, eq. 13: sum_i w_i grad log w_i with normalised weights, not the mean of grad log w_i."""
    method = tiny.build(name, dtype=torch.float64)
    x, parameters = tiny.patterns(1, torch.float64), list(method.model.parameters())
    arguments = noise(method, 1)
    t = terms(method.model, x, *method.model.encoder(x), *arguments)
    log_weight = (t.log_likelihood + t.log_prior - t.log_posterior)[:, 0]
    share = torch.softmax(log_weight, 0).tolist()
    per_sample = [torch.autograd.grad(log_weight[i], parameters, retain_graph=True) for i in range(method.n_z)]
    of_the_bound = torch.autograd.grad(importance_weighted_bound(t).sum(), parameters)
    far_from_elbo = 0.0
    for i, gradient in enumerate(of_the_bound):
        weighted = sum(s * g[i] for s, g in zip(share, per_sample, strict=True))
        torch.testing.assert_close(gradient, weighted, rtol=1e-8, atol=1e-10)
        far_from_elbo = max(far_from_elbo, (gradient - sum(g[i] for g in per_sample) / method.n_z).abs().max().item())
    assert far_from_elbo > 1e-3


def test_beta_scales_the_priors_gradient_and_not_the_decoders():
    """d loss / d(Theta, Phi) = -beta d L_IW; the decoder sees the reconstruction alone."""
    method = tiny.build("vhp_rewo", dtype=torch.float64)
    x = tiny.patterns(6, torch.float64)
    arguments = noise(method, len(x))
    names = [name for name, _ in method.model.named_parameters()]
    one = dict(zip(names, gradients(method, x, 1.0, *arguments), strict=True))
    quarter = dict(zip(names, gradients(method, x, 0.25, *arguments), strict=True))
    for name in names:
        if not name.startswith("encoder"):
            factor = 0.25 if name.startswith("prior") else 1.0
            torch.testing.assert_close(quarter[name], factor * one[name], rtol=1e-10, atol=1e-12, msg=name)


def test_beta_zero_trains_nothing_but_the_reconstruction():
    """Warm-up starts there: no gradient may come from the prior, not even a NaN."""
    method = tiny.build("vampprior", dtype=torch.float64)
    x = tiny.patterns(6, torch.float64)
    eps, eps_zeta = noise(method, len(x))
    t = terms(method.model, x, *method.model.encoder(x), eps, eps_zeta)
    with_beta = torch.autograd.grad(elbo(t, 0.0).sum(), list(method.model.parameters()), retain_graph=True)
    plain = torch.autograd.grad(t.log_likelihood.mean(0).sum(), list(method.model.parameters()), allow_unused=True)
    for a, b in zip(with_beta, plain, strict=True):
        torch.testing.assert_close(a, torch.zeros_like(a) if b is None else b, rtol=1e-12, atol=1e-12)
