"""Each prior against plain Python with the same noise, and what is special about one. The rest: the contract."""

import copy

import pytest
import reference
import torch

from vhp.model.distributions import gaussian_log_prob
from vhp.model.networks import GaussianNetwork
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE

D, D_Z, D_ZETA = 6, 3, 2


def plain(network):
    """The network as a function from a list to lists."""
    return lambda values: [t.tolist() for t in network(torch.tensor(values, dtype=torch.float64))]


def float64(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def hierarchical(dtype=torch.float64):
    prior = HierarchicalPrior(D_Z, D_ZETA, [5]).to(dtype)
    # Untrained networks are almost constant; larger weights make the importance weights differ.
    with torch.no_grad():
        for p in prior.parameters():
            p.mul_(2)
    return prior


def vampprior(n=5, unit_interval=True, dtype=torch.float64):
    encoder = GaussianNetwork(D, [4], D_Z).to(dtype)
    return encoder, VampPrior(encoder, torch.rand(n, D, dtype=dtype), unit_interval)


def test_standard_normal_equals_the_reference():
    z = float64(4, 2, D_Z)
    result = StandardNormal(D_Z).log_prob(z)
    for i in range(4):
        assert result[i].tolist() == pytest.approx([reference.standard_normal(v) for v in z[i].tolist()], rel=1e-12)


def test_mixture_equals_the_reference():
    mean, log_var, z = float64(4, D_Z), float64(4, D_Z), float64(6, D_Z)
    result = GaussianMixture(mean, log_var).log_prob(z)
    expected = [reference.mixture(v, mean.tolist(), log_var.tolist()) for v in z.tolist()]
    assert result.tolist() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("K", [1, 2, 7])
def test_hierarchical_prior_equals_the_reference_with_the_same_noise(K):
    prior, z, eps = hierarchical(), float64(3, 2, D_Z), float64(K, 3, 2, D_ZETA)
    result = prior.log_prob(z, eps)
    for i in range(3):
        for j in range(2):
            expected = reference.l_iw(z[i, j].tolist(), eps[:, i, j].tolist(), plain(prior.p_z), plain(prior.q_zeta))
            assert result[i, j].item() == pytest.approx(expected, rel=1e-10)


def test_l_iw_does_not_change_when_its_samples_are_repeated():
    """1/K normalises: twice the same K samples give the same mean weight."""
    prior, z, eps = hierarchical(), float64(4, D_Z), float64(5, 4, D_ZETA)
    torch.testing.assert_close(prior.log_prob(z, torch.cat([eps, eps])), prior.log_prob(z, eps), rtol=1e-12, atol=1e-12)


def test_vampprior_is_the_explicit_mixture_of_the_posteriors_of_its_pseudo_inputs():
    encoder, prior = vampprior()
    z = float64(4, D_Z)
    components = [encoder(u[None]) for u in prior.pseudo_inputs]
    density = sum(gaussian_log_prob(z, mean, log_var).exp() for mean, log_var in components) / len(components)
    torch.testing.assert_close(prior.log_prob(z), density.log(), rtol=1e-10, atol=1e-10)
    means, log_vars = (torch.cat(part).tolist() for part in zip(*components, strict=True))
    expected = [reference.mixture(v, means, log_vars) for v in z.tolist()]
    assert prior.log_prob(z).tolist() == pytest.approx(expected, rel=1e-10)


def test_vampprior_keeps_pseudo_inputs_in_the_unit_interval_only_where_the_data_are():
    outside = torch.tensor([[-0.5, 1.5, 0.2, 0.3, 0.4, 0.5]], dtype=torch.float64)
    encoder = GaussianNetwork(D, [4], D_Z).double()
    z = float64(3, D_Z)
    inside = VampPrior(encoder, outside.clamp(0, 1), False).log_prob(z)
    assert torch.equal(VampPrior(encoder, outside, True).log_prob(z), inside)
    free = VampPrior(encoder, outside, False).log_prob(z)
    assert (free - inside).abs().min() > 1e-6


def test_vampprior_gradient_reaches_encoder_and_pseudo_inputs():
    encoder, prior = vampprior()
    prior.log_prob(float64(4, D_Z)).sum().backward()
    for gradient in [prior.pseudo_inputs.grad, *(p.grad for p in encoder.parameters())]:
        assert gradient is not None and gradient.abs().max() > 1e-6


def test_vampprior_registers_the_shared_encoder_once():
    """Saved and stepped twice, the encoder would move at twice its learning rate."""
    model = VAE(D, D_Z, [4], "bernoulli")
    before = set(model.state_dict())
    model.prior = VampPrior(model.encoder, torch.rand(5, D), True)
    assert set(model.state_dict()) - before == {"prior.pseudo_inputs"}
    assert [name for name, _ in model.prior.named_parameters()] == ["pseudo_inputs"]


def test_a_copied_model_has_a_vampprior_of_its_own_encoder():
    """The encoder is hidden from Module; a copy whose prior still used the original's would be wrong in silence."""
    model = VAE(D, D_Z, [4], "bernoulli").double()
    model.prior = VampPrior(model.encoder, torch.rand(5, D, dtype=torch.float64), True)
    twin = copy.deepcopy(model)
    z = float64(3, D_Z)
    before = model.prior.log_prob(z)
    with torch.no_grad():
        for p in twin.encoder.parameters():
            p.add_(0.3)
    assert torch.equal(model.prior.log_prob(z), before)
    mean, log_var = twin.encoder(twin.prior.pseudo_inputs)
    expected = [reference.mixture(v, mean.tolist(), log_var.tolist()) for v in z.tolist()]
    assert twin.prior.log_prob(z).tolist() == pytest.approx(expected, rel=1e-10)


def test_frozen_vampprior_does_not_follow_the_encoder():
    """Frozen is evaluated many times with fixed weights: it must hold numbers, not the network."""
    encoder, prior = vampprior()
    z, frozen = float64(5, D_Z), prior.frozen()
    before = frozen.log_prob(z)
    with torch.no_grad():
        for p in encoder.parameters():
            p.add_(0.3)
    assert torch.equal(frozen.log_prob(z), before)
    assert not before.requires_grad
