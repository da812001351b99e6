"""The rule for unreliable images: its hits and misses against exact likelihoods."""

import math

import pytest
import tiny
import torch
from torch import nn

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.exact.plane import exact_log_likelihood
from vhp.likelihood.pareto import trusted_below
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.likelihood.reliability import apart, heavy_tailed
from vhp.likelihood.thresholds import LOW_ESS
from vhp.model.vae import VAE

S, N = 1000, 60
SETTINGS = LikelihoodSettings(n_samples=S, precision="float32", compile=False)
REFINEMENT = RefinedSettings(pilot=200, enough=0.3, modes=4, steps=30, centring=5, rounds=3)


class OffForSome(nn.Module):
    """An encoder that is far too sure of a wrong place where the pixel is set."""

    PIXEL = 3

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, x):
        mean, log_var = self.encoder(x)
        off = x[:, self.PIXEL, None]
        return mean + 1.5 * off, log_var - 3 * off


@pytest.fixture(scope="module")
def plane():
    """Sharp posteriors on a plane, and an encoder that is right for some images and far off for others.

    exact, and the estimates of encoder and refinement, N images.
    """
    torch.manual_seed(0)
    model = tiny.attach("vampprior", VAE(tiny.D, 2, [8], "bernoulli").double(), tiny.patterns(20, torch.float64)).model
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
        model.decoder[-1].weight.mul_(3)
    model.prior = model.prior.frozen()
    model.encoder = OffForSome(model.encoder)
    x = tiny.patterns(N)
    encoder = estimate(model, x, SETTINGS, 1, dtype=torch.float64)
    return exact_log_likelihood(model, x, 1e-4), encoder, refine(model, x, encoder, SETTINGS, REFINEMENT, 1)


def misjudged(estimated, exact):
    """Off by more than a Gaussian error would be, and by more than the table's last digits."""
    return (estimated.log_likelihood - exact).abs() > (4 * estimated.monte_carlo_se).clamp_min(0.05)


def test_hits_and_misses_of_the_rule(plane):
    """Against the refined estimate, which is right for every image, each misjudged image is found; few others are."""
    exact, encoder, refined = plane
    assert not misjudged(refined, exact).any()
    wrong = misjudged(encoder, exact)
    found = apart(encoder.log_likelihood, refined.log_likelihood, encoder.monte_carlo_se, refined.monte_carlo_se)
    suspected = heavy_tailed(encoder.effective_samples, encoder.k_hat, S)
    print(f"wrong {wrong.sum()}, apart {found.sum()}, heavy-tailed {suspected.sum()} of {N}")
    assert wrong.sum() >= 3 and (~wrong).sum() >= 3
    assert found[wrong].all()
    assert (found | suspected)[~wrong].double().mean() < 0.5


def test_the_weights_alone_say_it_of_heavy_tails_only():
    ess, k = torch.tensor([500.0, 500, 9, LOW_ESS]), torch.tensor([0.2, trusted_below(S) + 0.01, 0.2, -math.inf])
    assert heavy_tailed(ess, k, S).tolist() == [False, True, True, False]


def test_estimates_within_their_errors_agree():
    zero, error = torch.zeros(3), torch.tensor([0.1, 0.1, 0.0])
    assert apart(torch.tensor([0.3, 0.5, 0.01]), zero, error, error).tolist() == [False, True, False]


def test_what_is_no_number_agrees_with_nothing():
    zero, nan = torch.zeros(1), torch.full((1,), math.nan)
    assert apart(nan, zero, zero, zero).all() and apart(zero, zero, nan, zero).all()
