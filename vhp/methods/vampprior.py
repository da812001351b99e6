"""VampPrior: a mixture of posteriors of learned pseudo-inputs, with linear KL warm-up (Tomczak & Welling 2018)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vhp.checks import at_least_one, between
from vhp.datasets.batches import as_means
from vhp.methods import Method
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import WarmUp

TITLE = "VampPrior"


@dataclass(frozen=True)
class Settings:
    """Parameters of the VampPrior."""

    n_pseudo_inputs: int  # M
    warm_up_share: float  # share of the training over which beta rises from 0 to 1

    def __post_init__(self):
        at_least_one(n_pseudo_inputs=self.n_pseudo_inputs)
        between(0, 1, warm_up_share=self.warm_up_share)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach a VampPrior whose pseudo-inputs start at random training examples.

    train: (N, D) in the data's unit, or uint8, 255 times the Bernoulli means. Raises ValueError if there are fewer
    examples than pseudo-inputs.
    """
    s = settings
    if len(train) < s.n_pseudo_inputs:
        raise ValueError(f"n_pseudo_inputs = {s.n_pseudo_inputs} exceeds the {len(train)} training examples")
    chosen = as_means(train[torch.randperm(len(train))[: s.n_pseudo_inputs].to(train.device)])
    if model.observation.unit_interval:
        # Away from 0 and 1, where the clamp that keeps pseudo-inputs in [0, 1] would hold them.
        chosen = 0.05 + 0.9 * chosen
    model.prior = VampPrior(model.encoder, chosen, model.observation.unit_interval)
    return Method(model, elbo, WarmUp(s.warm_up_share), n_z=1, n_zeta=1)
