"""Where annealed chains begin: samples and densities that belong together, image by image."""

from dataclasses import replace

import pytest
import torch
from linear_gaussian import PRIORS, LinearGaussian

from vhp.likelihood.annealed.starts import PriorStart, ProposalStart
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.proposal import mixture_log_prob, proposal_noise_width
from vhp.likelihood.refined.search import RefinedSettings, Search

N, C, SEED = 3, 40_000, 1
SEARCHED = RefinedSettings(pilot=50, enough=1.0, modes=2, steps=5, centring=2, rounds=1)


@torch.no_grad()
def begun(prior):
    """A case, its joint density, N examples, their proposals and the start that these make."""
    case = LinearGaussian(prior, perturbed=True)
    joint, x = Joint(case.model), case.data(N)
    search, numbers, encoded = Search(joint, SEARCHED, 500, SEED), list(range(N)), case.model.encoder(x)
    proposals = search.proposals(x, *encoded, numbers, search.pilot(x, *encoded, numbers).log_p)
    return case, joint, x, proposals, ProposalStart(joint, proposals)


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)


@torch.no_grad()
@pytest.mark.parametrize("prior", PRIORS)
def test_samples_have_the_stated_density(prior):
    """Importance sampling: the mean of p(x, u) / q_0(u) over independent samples of q_0 is p(x), at 4.5 errors."""
    case, joint, x, _, proposed = begun(prior)
    for start in (PriorStart(joint), proposed):
        u = start.drawn(normal(C, N, start.noise_width))
        weight = (start.log_probs(x, u)[1] - case.log_p(x)).exp()
        assert u.shape == (C, N, joint.width)
        error = weight.std(0) / C**0.5
        assert (error < 0.1).all()
        assert ((weight.mean(0) - 1).abs() < 4.5 * error).all()


@torch.no_grad()
@pytest.mark.parametrize("prior", PRIORS)
def test_densities_are_those_of_the_proposals_one_by_one(prior):
    _, joint, x, proposals, start = begun(prior)
    u = start.drawn(normal(20, N, start.noise_width))
    log_start, log_ratio = start.log_probs(x, u)
    torch.testing.assert_close(log_start + log_ratio, joint.log_prob(x, u))
    for j, proposal in enumerate(proposals):
        alone = u[:, j : j + 1]
        expected = mixture_log_prob(joint, alone, joint.log_prior(alone), *proposal.parameters())
        torch.testing.assert_close(log_start[:, j], expected[:, 0])


@torch.no_grad()
def test_components_have_their_shares():
    """Moments beside those of the proposals' own samples, which are drawn component by component: 4.5 errors."""
    _, joint, _, proposals, start = begun("hierarchical")
    u = start.drawn(normal(C, N, start.noise_width))
    for j, proposal in enumerate(proposals):
        many = replace(proposal, counts=[count * 80 for count in proposal.counts])
        own = many.drawn(joint, normal(sum(many.counts), 1, proposal_noise_width(joint.width)))[:, 0]
        for power in (1, 2):
            a, b = u[:, j] ** power, own**power
            error = (a.var(0) / len(a) + b.var(0) / len(b)).sqrt()
            assert ((a.mean(0) - b.mean(0)).abs() < 4.5 * error).all()


def test_the_stretch_is_the_largest_modes_root_and_its_transpose_belongs_to_it():
    _, joint, _, proposals, start = begun("hierarchical")
    v, w = normal(2, N, joint.width), normal(4, N, joint.width)[2:]
    torch.testing.assert_close((start.stretched(v) * w).sum(-1), (v * start.transposed(w)).sum(-1))
    for j, proposal in enumerate(proposals):
        largest = proposal.modes.root[torch.tensor(proposal.counts[1:-1]).argmax(), 0]
        torch.testing.assert_close(start.stretched(v)[:, j], v[:, j] @ largest.T)
