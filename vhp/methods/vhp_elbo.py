"""Ablation: the hierarchical prior without a constraint, beta = 1 throughout (the plain ELBO)."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import at_least_one
from vhp.methods import Method
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import Schedule

TITLE = "VHP, β = 1"


@dataclass(frozen=True)
class Settings:
    """Parameters of the hierarchical prior."""

    K: int  # samples of zeta in L_IW
    d_zeta: int
    prior_hidden: tuple[int, ...]  # widths of the gated layers of p_Theta(z|zeta) and q_Phi(zeta|z)

    def __post_init__(self):
        at_least_one(K=self.K, d_zeta=self.d_zeta, prior_hidden=self.prior_hidden)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model; beta stays 1."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, Schedule(), n_z=1, n_zeta=s.K)
