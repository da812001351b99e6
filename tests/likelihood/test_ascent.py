"""The components at the top of an ascent, where the curvature is known."""

import torch

from vhp.likelihood.refined.ascent import LEAST_CURVATURE, laplace

SPREAD = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)


class Quadratic:
    """log p(x, u) = -u^T A u / 2 with a diagonal A."""

    def __init__(self, curvature):
        self.curvature = curvature

    def log_prob(self, x, u):
        return -0.5 * (self.curvature * u.square()).sum(-1)


def widths(relative):
    """Of the component, in standard deviations of the prior.

    relative: how log p(x, u) curves, in units of the prior's 1 / variance.
    """
    joint = Quadratic(torch.tensor(relative, dtype=torch.float64) / SPREAD.square())
    modes = laplace(joint, torch.zeros(1, 1), torch.zeros(1, 1, 4, dtype=torch.float64), SPREAD)
    scale = modes.root[0, 0] @ modes.root[0, 0].mT
    assert (scale - scale.diagonal().diag()).abs().max() < 1e-9
    return scale.diagonal().sqrt() / SPREAD


def test_a_component_is_as_wide_as_the_density():
    torch.testing.assert_close(widths([1.0, 4.0, 25.0, 100.0]), torch.tensor([1.0, 0.5, 0.2, 0.1]).double())


def test_a_direction_that_curves_upwards_gets_the_width_of_a_peak_of_the_same_curvature():
    torch.testing.assert_close(widths([-1.0, -4.0, 25.0, -100.0]), torch.tensor([1.0, 0.5, 0.2, 0.1]).double())


def test_a_direction_that_hardly_curves_gets_the_width_of_the_least_curvature():
    """At most 4.5 times the prior's."""
    widest = LEAST_CURVATURE**-0.5
    assert 4.4 < widest < 4.5
    expected = torch.tensor([widest, widest, widest, 1.0], dtype=torch.float64)
    torch.testing.assert_close(widths([0.0, 0.01, -0.01, 1.0]), expected)
