"""Ablation: VHP + REWO without tau's slope near beta = 1."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import between
from vhp.methods import Method, vhp_geco
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.ablated import SlopelessRewo
from vhp.objective.bounds import elbo

TITLE = "VHP + REWO, no slope"


@dataclass(frozen=True)
class Settings(vhp_geco.Settings):
    """Those of VHP + REWO but for tau: GECO's, and where beta begins."""

    beta_0: float  # beta of the initial phase, << 1

    def __post_init__(self):
        super().__post_init__()
        between(1e-6, 1, beta_0=self.beta_0)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model and choose the schedule without a slope."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, SlopelessRewo(s.kappa, s.nu, s.beta_0, s.alpha), n_z=1, n_zeta=s.K)
