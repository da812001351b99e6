"""The log-densities of many Gaussians by one matrix product: each alone, and the bits of what it replaced."""

import math

import pytest
import torch

from vhp.model.distributions import LOG_2PI, gaussian_log_prob, gaussian_log_probs
from vhp.model.priors.mixture import gaussian_mixture_log_prob


def test_each_is_the_density_of_its_gaussian():
    x, (mean, log_var) = torch.randn(4, 6, 3, dtype=torch.float64), torch.randn(2, 9, 3, dtype=torch.float64)
    expected = gaussian_log_prob(x[..., None, :], mean, log_var)
    torch.testing.assert_close(gaussian_log_probs(x, mean, log_var), expected, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(gaussian_log_probs(x, mean, log_var, -2.0), expected - 2, rtol=1e-11, atol=1e-11)


def written_before(z: torch.Tensor, mean: torch.Tensor, log_var: torch.Tensor) -> torch.Tensor:
    """The mixture's density as results were made with it: log M is taken from the constant, before the product."""
    mean, log_var, dtype = mean.double(), log_var.double(), mean.dtype
    precision = torch.exp(-log_var)
    constant = -0.5 * (LOG_2PI + log_var + mean.square() * precision).sum(-1) - math.log(mean.shape[0])
    weight = torch.cat([-0.5 * precision, mean * precision], -1)
    z = z.double()
    exponent = torch.cat([z.square(), z], -1) @ weight.T + constant
    return torch.logsumexp(exponent.to(dtype), -1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_mixture_and_its_gradients_keep_their_bits(dtype):
    z = torch.randn(200, 5, dtype=dtype, requires_grad=True)
    mean, log_var = torch.randn(2, 33, 5, dtype=dtype).unbind()
    inputs = (z, mean.requires_grad_(), log_var.requires_grad_())
    values = [function(*inputs) for function in (gaussian_mixture_log_prob, written_before)]
    assert torch.equal(*values)
    gradients = [torch.autograd.grad(value.square().sum(), inputs) for value in values]
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))
