"""The density of hierarchical priors on the plane: against a closed form, and along a narrow curve a dense grid."""

import math

import pytest
import torch
from linear_gaussian import HIERARCHICAL, LinearGaussian
from torch import nn
from torch.distributions import MultivariateNormal

from vhp.likelihood.exact import fine_mixture
from vhp.likelihood.exact.fine_mixture import FineMixture
from vhp.model.distributions import gaussian_log_prob, standard_normal_log_prob
from vhp.model.priors.hierarchical import HierarchicalPrior

LEAST = -60.0


def grid(reach, n, offset=0.0):
    axis = torch.linspace(-reach, reach, n).double() + offset
    return torch.cartesian_prod(axis, axis)


def test_a_linear_prior_has_its_closed_form_as_far_as_seven_standard_deviations():
    case = LinearGaussian(HIERARCHICAL, perturbed=False, d_z=2)
    ((mean, covariance),) = case.components
    z = mean + grid(6.0, 25)
    expected = MultivariateNormal(mean, covariance).log_prob(z)
    assert ((expected < -25) & (expected > -30)).any()
    found = FineMixture(case.model.prior, 3.0, LEAST).log_prob(z)
    assert (found - expected)[expected > -20].abs().max() < 1e-6
    assert (found - expected)[expected > -30].abs().max() < 1e-5  # beyond that it takes zeta beyond its REACH


class Curve(nn.Module):
    """p(z|zeta): a narrow Gaussian that follows a curve as zeta_1 grows, hundreds of its widths long."""

    def forward(self, zeta):
        angle = 2.5 * torch.tanh(zeta[:, 0])
        mean = torch.stack([3 * torch.sin(angle), 2 * torch.cos(angle) - angle], -1)
        return mean, torch.stack([-7.0 + torch.sin(zeta[:, 0]), torch.full_like(angle, -6.5)], -1)


def curved():
    prior = HierarchicalPrior(2, 2, [2]).double()
    prior.p_z = Curve()
    return prior


def dense(z):
    """log p(z) on the curve, on which zeta_2 has no influence: 200,000 points along zeta_1."""
    zeta = torch.linspace(-9, 9, 200_001).double()[:, None]
    mean, log_var = Curve()(zeta)
    weight = standard_normal_log_prob(zeta) + math.log(18 / 200_000)
    return torch.stack([torch.logsumexp(weight + gaussian_log_prob(one, mean, log_var), 0) for one in z])


def near_the_curve(n, widths):
    """Points as many standard deviations away from the curve."""
    mean, log_var = Curve()(torch.randn(n, 2).double())
    direction = nn.functional.normalize(torch.randn(n, 2).double(), dim=-1)
    return mean + widths * direction * torch.exp(0.5 * log_var)


@pytest.mark.parametrize(("step", "error"), [(5.0, 1e-4), (3.0, 1e-6)])
def test_a_narrow_curve_is_followed(step, error):
    z = torch.cat([near_the_curve(15, widths) for widths in (0, 1, 3, 6)])
    mixture = FineMixture(curved(), step, LEAST)
    assert 1_000 < len(mixture) < 1_000_000
    each = torch.cat([mixture.log_prob(one[None]) for one in z])
    assert (each - dense(z)).abs().max() < error


def test_points_together_have_the_densities_that_they_have_alone():
    """A grid, and points that share no coordinate; what is far from all of them is left out, and nothing else."""
    mixture = FineMixture(curved(), 5.0, LEAST)
    z = torch.cat([grid(0.1, 3, offset=1.0), near_the_curve(6, 1)])
    alone = torch.cat([mixture.log_prob(one[None]) for one in z])
    together = mixture.log_prob(z)
    kept = alone > together.max() - 30  # beyond these the sum of all is rounded
    assert kept.sum() >= 6
    torch.testing.assert_close(together[kept], alone[kept], rtol=0, atol=1e-6)


def test_what_does_not_matter_is_not_cut():
    z = near_the_curve(20, 1)
    fine, coarse = (FineMixture(curved(), 3.0, least) for least in (-60.0, -25.0))
    assert len(coarse) < 0.95 * len(fine)
    values = [torch.cat([mixture.log_prob(one[None]) for one in z]) for mixture in (fine, coarse)]
    assert values[0].min() > -10
    torch.testing.assert_close(*values, rtol=0, atol=1e-6)


def test_a_prior_that_takes_too_many_tiles_is_refused(monkeypatch):
    monkeypatch.setattr(fine_mixture, "MOST_TILES", 500)
    with pytest.raises(ArithmeticError, match=r"found [\d,]+ tiles of zeta across which"):
        FineMixture(curved(), 3.0, LEAST)
