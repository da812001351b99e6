"""Log-densities against torch.distributions, against plain Python and where float arithmetic is hardest."""

import math

import pytest
import reference
import torch
from torch.nn.functional import softplus

from vhp.model.distributions import (
    SumSoftplus,
    bernoulli_log_prob,
    gaussian_log_prob,
    gaussian_sample,
    standard_normal_log_prob,
)
from vhp.model.observation import Bernoulli, Gaussian
from vhp.model.priors.mixture import gaussian_mixture_log_prob


def gaussian_case():
    """x (5, 4, 3) against means (4, 3) and log-variances (5, 1, 3): both broadcast."""
    rand = lambda *shape: torch.randn(*shape, dtype=torch.float64)  # noqa: E731
    return rand(5, 4, 3), rand(4, 3), 2 * rand(5, 1, 3)


def test_gaussian_equals_torch():
    x, mean, log_var = gaussian_case()
    expected = torch.distributions.Normal(mean, (0.5 * log_var).exp()).log_prob(x).sum(-1)
    torch.testing.assert_close(gaussian_log_prob(x, mean, log_var), expected, rtol=1e-12, atol=1e-12)


def test_gaussian_equals_the_reference():
    x, mean, log_var = gaussian_case()
    result = gaussian_log_prob(x, mean, log_var)
    for i in range(5):
        for j in range(4):
            expected = reference.gaussian(x[i, j].tolist(), mean[j].tolist(), log_var[i, 0].tolist())
            assert result[i, j].item() == pytest.approx(expected, rel=1e-12)


def test_standard_normal_equals_torch_and_the_reference():
    x = 3 * torch.randn(6, 5, dtype=torch.float64)
    result = standard_normal_log_prob(x)
    expected = torch.distributions.Normal(torch.zeros(5, dtype=torch.float64), 1.0).log_prob(x).sum(-1)
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)
    assert result.tolist() == pytest.approx([reference.standard_normal(row) for row in x.tolist()], rel=1e-12)


def test_gaussian_sample_is_the_noise_scaled_by_sigma_and_shifted_by_the_mean():
    _, mean, log_var = gaussian_case()
    eps = torch.randn(5, 4, 3, dtype=torch.float64)
    result = gaussian_sample(mean, log_var, eps)
    # sigma, not the variance: the sample standardised by torch's own Normal is the noise again.
    back = (result - mean) / log_var.exp().sqrt()
    torch.testing.assert_close(back, eps, rtol=1e-10, atol=1e-12)
    assert result[2, 3].tolist() == pytest.approx(
        reference.sample(mean[3].tolist(), log_var[2, 0].tolist(), eps[2, 3].tolist()), rel=1e-12
    )


def test_bernoulli_equals_torch_and_the_reference():
    logits = 4 * torch.randn(7, 3, 5, dtype=torch.float64)
    x = (torch.rand(3, 5) < 0.5).double()
    result = bernoulli_log_prob(x, logits)
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(x.expand_as(logits)).sum(-1)
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)
    assert result[4, 2].item() == pytest.approx(reference.bernoulli(x[2].tolist(), logits[4, 2].tolist()), rel=1e-12)


@pytest.mark.parametrize("n", [1, 7, 12, 64, 67, 130, 784])
def test_sum_softplus_and_its_gradient_are_pytorchs_for_every_width(n):
    """Primes larger than a group of 64 among them, and logits from tiny to saturated."""
    logits = (torch.randn(5, 3, n, dtype=torch.float64) * torch.tensor([0.1, 3, 40])[:, None]).requires_grad_()
    weight = torch.randn(5, 3, dtype=torch.float64)
    plain = softplus(logits, threshold=1000).sum(-1)
    fast = SumSoftplus.apply(logits)
    torch.testing.assert_close(fast, plain, rtol=1e-13, atol=1e-13)
    gradients = [torch.autograd.grad((weight * value).sum(), logits)[0] for value in (fast, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-13)


def test_sum_softplus_in_float32_is_as_exact_as_pytorchs():
    logits = 3 * torch.randn(200, 784)
    exact = softplus(logits.double()).sum(-1)
    errors = [(f(logits) - exact).abs().max().item() for f in (SumSoftplus.apply, lambda x: softplus(x).sum(-1))]
    assert errors[0] < 2 * errors[1] < 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bernoulli_is_exact_for_extreme_logits(dtype):
    """A confident and wrong pixel costs its logit, 1e4 nats, not the log of a clamped probability."""
    logits = torch.tensor([1e4, -1e4, 1e4, -1e4], dtype=dtype, requires_grad=True)
    x = torch.tensor([1.0, 0.0, 0.0, 1.0], dtype=dtype)
    per_pixel = bernoulli_log_prob(x[:, None], logits[:, None])
    assert per_pixel.tolist() == [0.0, 0.0, -1e4, -1e4]
    per_pixel.sum().backward()
    assert logits.grad.tolist() == [0.0, 0.0, -1.0, 1.0]  # x - sigmoid(logit)


def test_mixture_equals_brute_force_and_the_reference():
    z, mean = torch.randn(4, 6, 3, dtype=torch.float64), torch.randn(9, 3, dtype=torch.float64)
    log_var = torch.randn(9, 3, dtype=torch.float64)
    result = gaussian_mixture_log_prob(z, mean, log_var)
    normal = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    expected = normal.log_prob(z[..., None, :]).sum(-1).exp().mean(-1).log()
    torch.testing.assert_close(result, expected, rtol=1e-10, atol=1e-10)
    for i in range(4):
        for j in range(6):
            plain = reference.mixture(z[i, j].tolist(), mean.tolist(), log_var.tolist())
            assert result[i, j].item() == pytest.approx(plain, rel=1e-10)


def test_mixture_of_equal_components_is_one_component():
    """Log 1/M cancels the sum over M equal components, and nothing else does."""
    z = torch.randn(5, 2, dtype=torch.float64)
    mean, log_var = torch.tensor([[0.3, -1.0]], dtype=torch.float64), torch.tensor([[0.5, -2.0]], dtype=torch.float64)
    mixture = gaussian_mixture_log_prob(z, mean.expand(50, 2), log_var.expand(50, 2))
    torch.testing.assert_close(mixture, gaussian_log_prob(z, mean, log_var), rtol=1e-11, atol=1e-11)


def test_mixture_is_finite_where_every_component_underflows():
    z = torch.full((1, 2), 1e3)
    mean, log_var = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.zeros(2, 2)
    expected = reference.mixture(z[0].tolist(), mean.tolist(), log_var.tolist())
    # exp(-998001) is zero in any float; log-sum-exp must not see it.
    assert gaussian_mixture_log_prob(z, mean, log_var).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.03])
def test_mixture_in_float32_is_better_than_the_monte_carlo_error_for_narrow_components(sigma):
    """The expanded square subtracts large numbers. For posteriors as narrow as a well-fitted decoder makes them
    (|z| about 2, 32 dimensions) that must cost less than the NLL's Monte Carlo error, about 0.01 nats."""
    mean = 2 * torch.randn(50, 32, dtype=torch.float64)
    log_var = torch.full((50, 32), 2 * math.log(sigma), dtype=torch.float64)
    z = mean + sigma * torch.randn(50, 32, dtype=torch.float64)
    # Rounded first, so that only the arithmetic differs, not its inputs.
    mean, log_var, z = mean.float(), log_var.float(), z.float()
    exact = gaussian_mixture_log_prob(z.double(), mean.double(), log_var.double())
    error = gaussian_mixture_log_prob(z, mean, log_var).double() - exact
    assert error.abs().max() < 0.01


def test_mixture_is_not_rounded_by_autocast():
    z, mean = torch.randn(20, 3), torch.randn(9, 3)
    log_var = torch.full((9, 3), -3.0)
    plain = gaussian_mixture_log_prob(z, mean, log_var)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(gaussian_mixture_log_prob(z, mean, log_var), plain)


def test_bernoulli_constraint_is_nats_per_pixel():
    logits, x = torch.randn(2, 3, 8), (torch.rand(3, 8) < 0.5).float()
    observation = Bernoulli()
    c = observation.constraint(x, logits, observation.log_prob(x, logits))
    per_pixel = torch.nn.functional.binary_cross_entropy_with_logits(logits, x.expand(2, 3, 8), reduction="none")
    torch.testing.assert_close(c, per_pixel.mean(-1))


def test_gaussian_observation_equals_torch_and_its_constraint_is_the_mean_squared_error():
    out, x = torch.randn(2, 3, 8, dtype=torch.float64), torch.randn(3, 8, dtype=torch.float64)
    observation = Gaussian(sigma=0.7).double()
    log_prob = observation.log_prob(x, out)
    # 0.7 is stored in float32.
    expected = torch.distributions.Normal(out, (0.5 * observation.log_var).exp()).log_prob(x).sum(-1)
    torch.testing.assert_close(log_prob, expected, rtol=1e-12, atol=1e-12)
    assert math.exp(0.5 * observation.log_var.item()) == pytest.approx(0.7, rel=1e-6)
    c = observation.constraint(x, out, log_prob)
    # In squared data units: it must not depend on the learned noise.
    expected = sum((a - b) ** 2 for a, b in zip(x[1].tolist(), out[0, 1].tolist(), strict=True)) / 8
    assert c[0, 1].item() == pytest.approx(expected, rel=1e-12)
