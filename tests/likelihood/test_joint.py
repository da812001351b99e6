"""What the joint density asks of a prior."""

import pytest
import tiny
import torch

from vhp.likelihood.joint import Joint
from vhp.model.priors.standard_normal import StandardNormal


class Bare(StandardNormal):
    from_noise, log_joint = (getattr(StandardNormal.__base__, name) for name in ("from_noise", "log_joint"))


class WithoutProposal(StandardNormal):
    d_zeta = 2


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (Bare, "found Bare without from_noise and log_joint for .* expected a prior with from_noise, log_joint and"),
        (WithoutProposal, "found WithoutProposal without q_zeta for .* where d_zeta > 0, q_zeta"),
    ],
)
def test_a_prior_without_what_is_needed_is_refused_before_anything_is_computed(prior, message):
    model = tiny.build("iwae_l1").model
    model.prior = prior(tiny.D_Z)
    with pytest.raises(TypeError, match=message):
        Joint(model)


@pytest.mark.parametrize("method", ["vhp_rewo", "vampprior", "iwae_l1"])
def test_the_library_s_priors_have_it(method):
    joint = Joint(tiny.build(method).model)
    assert joint.from_prior(torch.randn(4, joint.width + 1)).shape == (4, joint.width)
