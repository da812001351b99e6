"""Ablation: the hierarchical prior with linear KL warm-up instead of a constraint."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import at_least_one, between
from vhp.methods import Method
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import WarmUp

TITLE = "VHP + warm-up"


@dataclass(frozen=True)
class Settings:
    """Parameters of the hierarchical prior and of the warm-up."""

    warm_up_share: float  # share of the training over which beta rises from 0 to 1
    K: int  # samples of zeta in L_IW
    d_zeta: int
    prior_hidden: tuple[int, ...]  # widths of the gated layers of p_Theta(z|zeta) and q_Phi(zeta|z)

    def __post_init__(self):
        between(0, 1, warm_up_share=self.warm_up_share)
        at_least_one(K=self.K, d_zeta=self.d_zeta, prior_hidden=self.prior_hidden)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model and choose the warm-up."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, WarmUp(s.warm_up_share), n_z=1, n_zeta=s.K)
