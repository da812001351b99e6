"""Evaluation mode for a while, and who measures in it."""

import numpy as np
import pytest
import tiny
import torch

from vhp.likelihood.posterior_gap import zeta_gap
from vhp.model.evaluation_mode import evaluating
from vhp.trained import TrainedModel


def test_each_module_comes_back_in_its_own_mode():
    net = tiny.build_patch("vhp_rewo", dropout=0.3).model.train()
    net.encoder.dropout.eval()
    before = [module.training for module in net.modules()]
    with evaluating(net):
        assert not any(module.training for module in net.modules())
    assert [module.training for module in net.modules()] == before and False in before and True in before


def test_the_prior_is_sampled_without_dropout():
    """VampPrior encodes its pseudo-inputs: with dropout it would be another one at each call."""
    net = tiny.build_patch("vampprior", dropout=0.5).model
    model = TrainedModel(net.eval(), {})
    expected = model.sample_prior(20), model.sample(20)
    net.train()
    np.testing.assert_array_equal(model.sample_prior(20), expected[0])
    np.testing.assert_array_equal(model.sample(20), expected[1])
    assert net.training


@pytest.fixture
def gap():
    """Of images (n, D), with 2 samples of z and 50 of zeta."""
    net = tiny.build_patch("vhp_rewo", dropout=0.5).model
    return net, lambda x, **numbers: zeta_gap(net, x, n_z=2, n_zeta=50, seed=3, **numbers)


def test_the_gap_in_zeta_is_measured_without_dropout(gap):
    net, measure = gap
    x = tiny.images(6, torch.float32)
    net.eval()
    expected = measure(x)
    net.train()
    assert torch.equal(measure(x), expected) and net.training


def test_the_gap_in_zeta_of_an_image_depends_on_its_number_and_no_other_image(gap, monkeypatch):
    _, measure = gap
    x, numbers = tiny.images(6, torch.float32), torch.tensor([4, 0, 9, 2, 7, 5])
    expected = measure(x, numbers=numbers)
    assert not torch.allclose(measure(x), expected)
    torch.testing.assert_close(measure(x[[5, 1]], numbers=numbers[[5, 1]]), expected[[5, 1]])
    monkeypatch.setattr("vhp.likelihood.posterior_gap.CHUNK_SAMPLES", 100)  # one image at a time
    torch.testing.assert_close(measure(x, numbers=numbers), expected)
