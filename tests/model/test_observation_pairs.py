"""log p(x|z) of pairs by a matrix product, against the differences of each pair in float64."""

import pytest
import torch

from vhp.model.observation import Bernoulli, Gaussian

N, M, D, SIGMA = 7, 50, 100, 0.1


@torch.no_grad()
@pytest.mark.parametrize("offset", [0.0, 300.0, -3e4])
def test_data_far_from_zero_do_not_cancel(offset):
    """In float32, of values that are whole 1/256, so that the offset itself rounds nothing."""
    torch.manual_seed(0)
    x, out = ((torch.randn(n, D) * 256).round() / 256 + offset for n in (N, M))
    observation = Gaussian(SIGMA)
    found = observation.log_prob_of_pairs(x, out)
    expected = observation.double().log_prob(x.double(), out.double()[:, None])
    assert found.dtype == torch.float32 and found.shape == (M, N)
    assert (found - expected).abs().max() < 0.1  # of -10,000 nats, to which float32 has about 0.001


@torch.no_grad()
def test_a_close_pair_among_far_ones():
    """What decides is the best pair: an output that is the image but for the noise."""
    torch.manual_seed(0)
    x = torch.randn(N, D) + 300
    out = torch.cat([x + SIGMA * torch.randn(N, D), torch.randn(M, D) + 300])
    observation = Gaussian(SIGMA)
    found = observation.log_prob_of_pairs(x, out).diagonal()
    expected = observation.double().log_prob(x.double(), out.double()[:N])
    assert (found - expected).abs().max() < 0.1


@torch.no_grad()
def test_an_image_does_not_depend_on_the_others():
    """The centre is that of the outputs: other images far away would move one of the images, and cost all precision."""
    torch.manual_seed(0)
    x, out = torch.randn(N, D) + 300, torch.randn(M, D) + 300
    far = torch.cat([x, torch.full((N, D), 1e6)])
    observation = Gaussian(SIGMA)
    alone = observation.log_prob_of_pairs(x, out)
    torch.testing.assert_close(observation.log_prob_of_pairs(far, out)[:, :N], alone, rtol=1e-5, atol=0.1)


@torch.no_grad()
def test_one_output_far_from_the_others_costs_their_pairs_nothing():
    torch.manual_seed(0)
    x = torch.randn(N, D)
    out = torch.cat([x + SIGMA * torch.randn(N, D), torch.full((1, D), 1e6)])
    observation = Gaussian(SIGMA)
    found = observation.log_prob_of_pairs(x, out)[:N].diagonal()
    expected = observation.double().log_prob(x.double(), out.double()[:N])
    assert (found - expected).abs().max() < 0.1


@torch.no_grad()
def test_binary_pairs():
    torch.manual_seed(0)
    x, out = (torch.rand(N, D) < 0.5).double(), 3 * torch.randn(M, D).double()
    observation = Bernoulli()
    expected = observation.log_prob(x, out[:, None])
    torch.testing.assert_close(observation.log_prob_of_pairs(x, out), expected)
