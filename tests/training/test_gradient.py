"""The limit on the gradient's norm, against the formula written out."""

import math

import pytest
import torch

from vhp.training.gradient import ALPHA, GradientLimit, gradient_norm

TAKEN = torch.tensor(True)


def gradients(norms):
    """Parameters whose gradient has each of these norms in turn, over two tensors."""
    a, b = torch.nn.Parameter(torch.zeros(3)), torch.nn.Parameter(torch.zeros(2, 2))
    direction = torch.randn(7)
    for norm in norms:
        whole = norm * direction / direction.norm()
        a.grad, b.grad = whole[:3].clone(), whole[3:].reshape(2, 2).clone()
        yield [a, b], whole


def test_a_gradient_is_scaled_to_the_limit_times_the_average_of_those_before():
    limit, average = GradientLimit(2.0, torch.device("cpu")), None
    for parameters, before in gradients([1.0, 1.5, 50.0, 0.1, 3.0, 1.0, 1e6, 1.0]):
        limit.apply(parameters, gradient_norm(parameters), TAKEN)
        norm = before.norm().item()
        kept = norm if average is None else min(norm, 2.0 * average)
        average = kept if average is None else ALPHA * average + (1 - ALPHA) * kept
        after = torch.cat([p.grad.flatten() for p in parameters])
        torch.testing.assert_close(after, before * kept / norm, rtol=1e-5, atol=0)
        assert limit.average.item() == pytest.approx(average, rel=1e-5)


def test_usual_gradients_are_not_touched():
    limit = GradientLimit(5.0, torch.device("cpu"))
    for parameters, before in gradients([1.0, 2.0, 0.5, 3.0, 1.0]):
        limit.apply(parameters, gradient_norm(parameters), TAKEN)
        assert torch.equal(torch.cat([p.grad.flatten() for p in parameters]), before)


def test_a_gradient_that_is_not_finite_is_left_for_the_watch_to_see():
    limit = GradientLimit(5.0, torch.device("cpu"))
    for parameters, _ in gradients([1.0, math.nan]):
        limit.apply(parameters, gradient_norm(parameters), TAKEN)
    assert all(p.grad.isnan().all() for p in parameters)


def test_the_norm_of_a_step_that_is_not_taken_is_no_part_of_the_average():
    limit, seen = GradientLimit(5.0, torch.device("cpu")), []
    for (parameters, _), taken in zip(gradients([math.nan, 1.0, math.nan, 1e9, 2.0]), (0, 1, 0, 0, 1), strict=True):
        limit.apply(parameters, gradient_norm(parameters), torch.tensor(bool(taken)))
        seen.append(limit.average.item())
    assert seen == pytest.approx([math.nan, 1.0, 1.0, 1.0, ALPHA + (1 - ALPHA) * 2.0], nan_ok=True)


def test_a_parameter_without_a_gradient_stays_without_one():
    unused = torch.nn.Parameter(torch.zeros(2))
    for parameters, _ in gradients([1.0]):
        norm = gradient_norm([*parameters, unused])
        assert norm.item() == pytest.approx(1.0)
        GradientLimit(5.0, torch.device("cpu")).apply([*parameters, unused], norm, TAKEN)
    assert unused.grad is None
