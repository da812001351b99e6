"""The second look of the search: a narrow mode beside another one, where the prior has next to nothing.

x = (z - 4)^2 with noise: two modes 0.6 apart, each 0.1 wide, at four standard deviations of the prior.
"""

import math

import numpy as np
import pytest
import torch
from torch import nn

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined import search
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.modes import Modes, noise_width, student_log_prob
from vhp.likelihood.refined.search import RefinedSettings
from vhp.likelihood.refined.second_look import LOW, WIDER, most_overlooked, tried
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE
from vhp.seeds import EVALUATION_SEED

CENTRE, APART, SIGMA = 4.0, 0.6, 0.06
N, SEED = 6, 11


class Valley(nn.Module):
    def __init__(self):
        super().__init__()
        self.centre = nn.Parameter(torch.tensor(CENTRE))

    def forward(self, z):
        return (z - self.centre).square()


class Encoder(nn.Module):
    """Of the nearer mode alone, and as wide as that."""

    def forward(self, x):
        return torch.full_like(x, CENTRE - APART / 2), torch.full_like(x, 2 * math.log(SIGMA / APART))


def model():
    made = VAE(1, 1, [2], "gaussian")
    made.encoder, made.decoder, made.prior = Encoder(), Valley(), StandardNormal(1)
    made.observation.log_var.data = torch.tensor(2 * math.log(SIGMA))
    return made.eval()


def images():
    return torch.full((N, 1), (APART / 2) ** 2)


def exact(x):
    z = np.linspace(3, 5, 200_001)
    log_p = -0.5 * ((x - (z - CENTRE) ** 2) / SIGMA) ** 2 - math.log(SIGMA) - z**2 / 2 - math.log(2 * math.pi)
    return np.log(np.exp(log_p - log_p.max()).sum() * (z[1] - z[0])) + log_p.max()


def proposal_of(number):
    with torch.no_grad():
        made, x = model(), images()[:1]
        joint = search.Joint(made)
        settings = RefinedSettings(pilot=90, enough=0.3, modes=1, steps=40, centring=0, rounds=0)
        found = search.Search(joint, settings, 1_000, SEED)
        return found.proposals(x, *made.encoder(x), [number], torch.zeros(1))[0]


def near(proposal, place):
    return (proposal.modes.location - place).abs().min() < 0.1


@pytest.mark.parametrize("number", range(N))
def test_a_mode_beside_that_of_the_encoder_is_found(number, monkeypatch):
    nearer, other = CENTRE - APART / 2, CENTRE + APART / 2
    found = proposal_of(number)
    assert near(found, nearer) and near(found, other) and len(found.modes) == 2
    monkeypatch.setattr(search, "MOST_DIMENSIONS", 0)  # without the second look
    found = proposal_of(number)
    assert near(found, nearer) and not near(found, other) and len(found.modes) == 1


def test_the_estimate_with_it_is_right_within_its_error():
    made, x = model(), images()
    settings = LikelihoodSettings(1_000)
    encoder = estimate(made, x, settings, SEED)
    refinement = RefinedSettings(pilot=90, enough=0.9999, modes=1, steps=40, centring=0, rounds=1)
    found = refine(made, x, encoder, settings, refinement, SEED)
    z = (found.log_likelihood.numpy() - exact(x[0, 0].item())) / found.monte_carlo_se.numpy()
    assert np.abs(z).max() < 4 and found.effective_samples.min() > 500


def test_no_look_where_an_estimate_has_too_few_samples_for_another_component():
    joint = search.Joint(model())
    settings = RefinedSettings(pilot=8, enough=0.3, modes=1, steps=1, centring=0, rounds=0)
    least = search.least_samples(1)
    looks = [search.Search(joint, settings, n, SEED).looks_again for n in (least, search.least_samples(2))]
    assert looks == [False, True]


def modes_of(n_images):
    root = torch.tril(torch.rand(2, n_images, 3, 3) + torch.eye(3))
    return Modes(torch.randn(2, n_images, 3), root)


def test_points_are_moved_in_z_alone_by_a_component_s_own_width():
    torch.manual_seed(0)
    modes, d_z, n = modes_of(n_images=2), 2, 10
    eps = torch.randn(n, 2, noise_width(3) + d_z)
    moved = tried(modes, d_z, eps)
    for m in range(2):
        for i in range(n // 2):
            for j in range(2):
                own, away = eps[m * n // 2 + i, j, :-d_z], eps[m * n // 2 + i, j, -d_z:]
                expected = modes.component(m).of_images(slice(j, j + 1)).drawn(own[None, None, None])[0, 0, 0]
                covariance = modes.root[m, j] @ modes.root[m, j].T
                expected[:d_z] += WIDER[i % len(WIDER)] * covariance.diagonal().sqrt()[:d_z] * away
                torch.testing.assert_close(moved[m * n // 2 + i, j], expected)


def test_the_volume_is_that_of_the_normal_distribution():
    torch.manual_seed(1)
    modes = modes_of(n_images=1)
    for m in range(2):
        covariance = (modes.root @ modes.root.mT)[m, 0]
        normal = torch.distributions.MultivariateNormal(torch.zeros(3), covariance)
        torch.testing.assert_close(modes.log_volume()[m, 0], -normal.log_prob(torch.zeros(3)))
        torch.testing.assert_close(modes.deviation()[m, 0], normal.stddev)
    assert student_log_prob(modes.location[:, :1], modes.location, modes.inverse_root()).isfinite().all()


def test_the_most_overlooked_is_the_highest_of_those_at_which_the_proposal_is_low():
    nan = math.nan
    log_p = torch.tensor([[3.0, 2.5, 4.0, -1.0], [0.0, 0.0, 0.0, 0.0], [nan, 0.0, nan, 5.0]]).T
    log_q = torch.tensor([[0.8, 0.0, 2.0, -9.0], [0.0, -1.0, -2.0, 0.0], [0.0, -3.0, 0.0, 4.0]]).T
    # log LOW is 2.3. Only the second and the last of the first image are so far above; none of the second image.
    assert most_overlooked(log_p, log_q, torch.zeros(3)).tolist() == [1, 2, 1]
    assert LOW == 10 and most_overlooked(log_p, log_q, torch.tensor([0.3, 0.0, 4.0])).tolist() == [3, 2, 1]


def test_noise_of_the_search_has_streams_of_its_own():
    """For any image's number: streams of seeds up to 4,293 stay apart (vhp/seeds.py). At most 500 rounds."""
    offsets = [0, search.PILOT, search.LOOK, search.ROUNDS, search.BANK, search.CENTRING, search.REFINED]
    assert len(set(offsets)) == len(offsets) and max(offsets) + EVALUATION_SEED <= 4_293
    assert min(abs(search.ROUNDS - other) for other in offsets if other > search.ROUNDS) >= 500
