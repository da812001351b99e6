"""What the samples of a refined proposal say of log p(x), and how many of them each component has."""

import math
from dataclasses import replace

import pytest
import reference
import torch
from linear_gaussian import HIERARCHICAL, MIXTURE, LinearGaussian
from test_refined import SEED, SETTINGS, proposals_of, two_modes

from vhp.likelihood import chunks
from vhp.likelihood.estimate import estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.proposal import counted
from vhp.likelihood.refined.search import RefinedSettings, Search
from vhp.likelihood.refined.weights import log_weights_of, summed_up

FEW = replace(SETTINGS, n_samples=500)
QUICK = RefinedSettings(pilot=100, enough=1.0, modes=3, steps=10, centring=3, rounds=1)


def variance(values):
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)


def test_weights_are_summed_up_as_plain_sums_say():
    """Strata of different means, spreads and sizes: the error is that of the strata's means, not of all weights'."""
    counts, means, spreads = [30, 150, 20], [-1.0, 0.0, 1.5], [0.5, 0.2, 1.0]
    strata = [m + s * torch.randn(n).double() for n, m, s in zip(counts, means, spreads, strict=True)]
    found = summed_up(torch.cat(strata) - 900, counts).tolist()  # so low that exp alone would be 0

    log_w, n = torch.cat(strata).tolist(), sum(counts)
    w = [[math.exp(v) for v in part.tolist()] for part in strata]
    every = [v for part in w for v in part]
    mean = math.fsum(every) / n
    error = math.sqrt(math.fsum((len(part) / n) ** 2 * variance(part) / len(part) for part in w)) / mean
    effective = math.fsum(every) ** 2 / math.fsum(v * v for v in every)
    assert found == pytest.approx([math.log(mean) - 900, effective, error, reference.k_hat(log_w)])
    assert math.sqrt(variance(every) / n) / mean > 1.2 * error  # that without strata


@pytest.mark.parametrize("prior", [MIXTURE, HIERARCHICAL])
def test_the_estimate_is_as_far_from_log_p_as_its_own_error_bar_says(prior):
    """As test_linear_gaussian.py asks of the encoder's estimate, for 100 images with proposals of their own."""
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(100)
    result = refine(case.model, x, estimate(case.model, x, FEW, SEED, dtype=torch.float64), FEW, QUICK, SEED)
    assert result.own_proposal.all()
    assert result.monte_carlo_se.min() > 1e-4 and result.monte_carlo_se.max() < 0.1
    deviation = (result.log_likelihood - case.log_p(x)) / result.monte_carlo_se
    assert deviation.abs().max() < 4.5
    assert abs(deviation.mean()) < 0.4
    assert 0.7 < deviation.std() < 1.3


@torch.no_grad()
def test_weights_do_not_depend_on_the_chunk_size(monkeypatch):
    """Of each sample, in its place: 500 at once, and in 8 chunks of 63, of which the last is filled up."""
    case = two_modes(1.0)
    joint, x = Joint(case.model), case.data(1)
    (proposal,) = proposals_of(Search(joint, QUICK, FEW.n_samples, SEED), case, x)
    log_weights, sizes = log_weights_of(joint, FEW, SEED, False, torch.float64), []
    case.model.decoder.register_forward_hook(lambda module, args, out: sizes.append(len(args[0])))
    whole = log_weights(x, 0, proposal)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 70 * 8 * case.model.floats_per_decode)
    torch.testing.assert_close(log_weights(x, 0, proposal), whole)
    assert sizes == [500, *[63] * 8]


@pytest.mark.parametrize("shares", [[1.0], [0.0, 1.0], [0.5, 0.3, 0.2], [0.02, 0.0, 0.58, 0.4], [0.0, 0.001, 0.999]])
@pytest.mark.parametrize("n_samples", [12, 1_000, 100_003])
def test_samples_are_shared_out(shares, n_samples):
    """Two for each component, 5 % of the others for the prior, and the rest by the components' shares of the posterior.

    The encoder's share counts as 10 % at least, a mode's as 2 %.
    """
    found, others = counted(torch.tensor(shares), n_samples), n_samples - 2 * (len(shares) + 1)
    raised = [max(share, 0.02 if i else 0.1) for i, share in enumerate(shares)]
    expected = [2 + others * 0.95 * share / sum(raised) for share in raised] + [2 + others * 0.05]
    assert sum(found) == n_samples and len(found) == len(expected)
    largest = expected.index(max(expected))
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        # Rounded down, all but the largest, which has what is left over.
        assert b - 1 - 1e-6 * n_samples < a < (b + len(shares) if i == largest else b) + 1e-6 * n_samples


def test_the_fewest_samples_are_two_for_each_component():
    assert counted(torch.tensor([0.1, 0.9, 0.0]), 8) == [2, 2, 2, 2]
