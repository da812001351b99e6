"""Pareto k-hat: against samples whose tail is known."""

import math

import pytest
import torch

from vhp.likelihood.pareto import k_hat, pareto_shape, tail_length, trusted_below


def pareto(k, n, batch):
    """Generalised Pareto samples of shape k, (n, batch): by the inverse of their distribution function."""
    u = torch.rand(n, batch, dtype=torch.float64)
    return -torch.log1p(-u) if k == 0 else ((1 - u) ** -k - 1) / k


@pytest.mark.parametrize("k", [-0.3, 0.0, 0.3, 0.7, 1.5])
def test_the_shape_of_a_generalised_pareto_distribution_is_found(k):
    found = pareto_shape(pareto(k, 2000, 50).sort(0).values.numpy())
    assert found.mean().item() == pytest.approx(k, abs=0.03)
    assert found.std() < 0.08


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_weights_with_a_tail_of_that_shape(k):
    found = k_hat(pareto(k, 5000, 40).log())
    assert found.mean().item() == pytest.approx(k, abs=0.08)


@pytest.mark.parametrize("width", [0.8, 0.6, 0.45])
def test_a_proposal_that_is_too_narrow_has_the_shape_that_theory_gives(width):
    """Target N(0, 1), proposal N(0, width^2): w ~ exp(u^2 (1 / width^2 - 1) / 2), whose tail has k = 1 - width^2."""
    u = width * torch.randn(20_000, 30, dtype=torch.float64)
    found = k_hat(0.5 * u.square() * (1 / width**2 - 1))
    assert found.mean().item() == pytest.approx(1 - width**2, abs=0.12)


def test_bounded_weights_are_trusted_and_heavy_ones_are_not():
    u = torch.randn(5000, 20, dtype=torch.float64)
    assert k_hat(-u.square()).max() < 0.5
    assert k_hat(4 * u.square()).min() > 0.7


def test_constant_factors_do_not_matter_and_neither_does_the_order():
    log_w = torch.randn(1000, 3).double()
    torch.testing.assert_close(k_hat(log_w + 900), k_hat(log_w), rtol=0, atol=1e-9)
    assert torch.equal(k_hat(log_w[torch.randperm(1000)]), k_hat(log_w))


@pytest.mark.parametrize("n_samples", [50, 100, 200])
def test_the_number_of_threads_does_not_change_a_bit(n_samples):
    log_w, threads = 3 * torch.randn(n_samples, 100).double(), torch.get_num_threads()
    try:
        found = []
        for n in (1, 2, 3, 4):
            torch.set_num_threads(n)
            found.append(k_hat(log_w))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one, found[0]) for one in found)


def test_equal_weights_have_no_tail_and_few_weights_none_that_is_known():
    assert (k_hat(torch.full((1000, 2), -3.0)) == -math.inf).all()
    assert (k_hat(torch.randn(20, 2)) == math.inf).all()


def test_one_weight_above_all_others_is_not_trusted():
    log_w = torch.randn(5000, 1).double()
    log_w[17] += 30
    assert k_hat(log_w).item() > 0.7


def test_tail_and_threshold_of_the_literature():
    """Vehtari et al. 2024: the 3 sqrt(S) largest, at most a fifth; 1 - 1 / log10(S), at most 0.7."""
    assert (tail_length(100), tail_length(10_000)) == (20, 300)
    assert trusted_below(100) == pytest.approx(0.5) and trusted_below(5000) == 0.7


@pytest.mark.parametrize(("level", "spread"), [(-100, 3e-5), (-100, 3e-4), (5_000, 3e-3)])
def test_weights_that_are_equal_up_to_float32s_rounding_have_no_tail(level, spread):
    """The log-weights are sums of float32 densities: among the largest there are few values, many times each."""
    rounded = (level + spread * torch.randn(5_000, 20)).float()
    assert (k_hat(rounded) == -math.inf).all()


def test_an_infinite_weight_is_not_trusted():
    log_w = torch.randn(1_000, 1).double()
    log_w[3] = math.inf
    assert k_hat(log_w).item() == math.inf


def test_rounding_to_float32_leaves_other_tails_as_they_are():
    log_w = pareto(0.6, 5_000, 20).log() - 100
    torch.testing.assert_close(k_hat(log_w.float()), k_hat(log_w), rtol=0, atol=1e-3)
