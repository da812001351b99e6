"""A model without a prior: one message, whoever needs the prior."""

import pytest
import tiny
import torch

import vhp
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.posterior_gap import zeta_gap
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE
from vhp.objective.terms import sample_terms
from vhp.trained import TrainedModel

X = torch.zeros(2, tiny.D)
NEEDING = [
    lambda model: TrainedModel(model, {}).sample(3),
    lambda model: TrainedModel(model, {}).nll(X, n_samples=20),
    lambda model: estimate(model, X, LikelihoodSettings(20, "float32", compile=False), seed=0),
    lambda model: zeta_gap(model, X, 2, 3, seed=0),
    lambda model: sample_terms(model, X, 1, 1),
    Joint,
]


@pytest.mark.parametrize("needing", NEEDING)
def test_whoever_needs_the_prior_says_that_there_is_none(needing):
    with pytest.raises(
        ValueError, match=r"^prior: found none, expected one of vhp\.model\.priors: `model\.prior = \.\.\.`"
    ):
        needing(VAE(tiny.D, tiny.D_Z, [8], "bernoulli"))


def test_such_a_model_is_not_saved_and_can_be_decoded(tmp_path):
    model = VAE(tiny.D, tiny.D_Z, [8], "bernoulli")
    with pytest.raises(ValueError, match=r"^prior: found none, expected one of vhp\.model\.priors"):
        vhp.save(model, tmp_path / "m.safetensors")
    assert TrainedModel(model, {}).decode(torch.zeros(2, tiny.D_Z)).shape == (2, tiny.D)


def test_an_attached_prior_takes_its_place_behind_the_networks():
    """The order of the parameters is the optimiser's."""
    model = VAE(tiny.D, tiny.D_Z, [8], "bernoulli")
    model.prior = StandardNormal(tiny.D_Z)
    assert [name for name, _ in model.named_children()] == ["encoder", "decoder", "observation", "prior"]
