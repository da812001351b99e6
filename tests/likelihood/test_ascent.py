"""The way uphill against plain floats, and the components at the top, where the curvature is known."""

import math

import pytest
import tiny
import torch

from vhp.likelihood.joint import Joint
from vhp.likelihood.refined import ascent
from vhp.likelihood.refined.ascent import BETAS, FIRST_RATE, LAST_RATE, LEAST_CURVATURE, ascended, laplace

SPREAD = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)


class Quadratic:
    """log p(x, u) = -u^T A u / 2."""

    def __init__(self, curvature):
        self.curvature = curvature  # A, (d, d)

    def log_prob(self, x, u):
        return -0.5 * ((u @ self.curvature) * u).sum(-1)


def widths(relative):
    """Of the component, in standard deviations of the prior.

    relative: how log p(x, u) curves, in units of the prior's 1 / variance.
    """
    joint = Quadratic((torch.tensor(relative, dtype=torch.float64) / SPREAD.square()).diag())
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


def test_a_component_lies_as_the_density_does():
    """Along no axis: its scale is the inverse of the curvature."""
    rotation = torch.linalg.qr(torch.randn(4, 4).double())[0]
    curvature = rotation @ torch.tensor([1.0, 4.0, 25.0, 100.0]).double().diag() @ rotation.T
    root = laplace(Quadratic(curvature), torch.zeros(1, 1), torch.zeros(1, 1, 4).double(), SPREAD).root[0, 0]
    torch.testing.assert_close(root @ root.T, curvature.inverse())
    assert (curvature.inverse() - curvature.diagonal().reciprocal().diag()).abs().max() > 0.1


@pytest.mark.parametrize("rows", [1, 12, ascent.ROWS])
def test_the_curvature_is_the_hessian_of_each_point(monkeypatch, rows):
    """Of a network, in parts of one row, of two and the last one, and all at once."""
    joint, x = Joint(tiny.build("vhp_rewo", dtype=torch.float64).model), tiny.patterns(3, torch.float64)
    u = torch.randn(2, 3, joint.width, dtype=torch.float64)
    monkeypatch.setattr(ascent, "ROWS", rows)
    found = ascent.curvature(joint, x, u)
    for k, j in [(k, j) for k in range(2) for j in range(3)]:
        hessian = torch.autograd.functional.hessian(lambda v, j=j: joint.log_prob(x[j : j + 1], v[None])[0], u[k, j])
        torch.testing.assert_close(found[k, j], -hessian)


CURVATURE, N_STEPS = [1.0, 30.0], 5  # of the axes


def way_of(start, spread):
    """Points of plain Adam, uphill on the quadratic from start, a list: n_steps + 1 of them."""
    first, second, u, points = [0.0, 0.0], [0.0, 0.0], list(start), [list(start)]
    for i in range(N_STEPS):
        rate = FIRST_RATE * (LAST_RATE / FIRST_RATE) ** (i / (N_STEPS - 1))
        for a in range(2):
            gradient = -CURVATURE[a] * u[a] * spread[a]
            first[a] = BETAS[0] * first[a] + (1 - BETAS[0]) * gradient
            second[a] = BETAS[1] * second[a] + (1 - BETAS[1]) * gradient**2
            mean, square = first[a] / (1 - BETAS[0] ** (i + 1)), second[a] / (1 - BETAS[1] ** (i + 1))
            u[a] += rate * spread[a] * mean / math.sqrt(square)
        points.append(list(u))
    return points


def height(u):
    return -0.5 * sum(c * v * v for c, v in zip(CURVATURE, u, strict=True))


@pytest.mark.parametrize("each", [False, True], ids=["shared", "own"])
def test_the_ascent_is_adams_and_gives_the_best_point_of_the_way(each):
    """From a slope, where that is the last point; and from where the first step or the second leads past the top."""
    starts = [[[2.0, -1.0], [-1.0, 0.5]], [[0.03, 0.02], [0.06, 0.02]]]  # two of each of two images
    spreads = [[1.0, 0.5], [2.0, 1.5]] if each else [[1.0, 0.5]] * 2
    spread = torch.tensor(spreads if each else spreads[0], dtype=torch.float64)
    joint = Quadratic(torch.tensor(CURVATURE, dtype=torch.float64).diag())
    found = ascended(joint, torch.zeros(2, 1), torch.tensor(starts, dtype=torch.float64), spread, N_STEPS)
    best = []
    for k, j in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        way = way_of(starts[k][j], spreads[j])
        best.append(max(range(N_STEPS + 1), key=lambda i, way=way: height(way[i])))
        assert found[k, j].tolist() == pytest.approx(way[best[-1]], rel=1e-9)
    assert best[:2] == [N_STEPS, N_STEPS] and max(best[2:]) < N_STEPS
