"""Ablation: VHP + REWO without its initial phase. The prior is trained, and beta moves, from the first step."""

from torch import Tensor

from vhp.methods import Method
from vhp.methods.vhp_rewo import Settings
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.ablated import OnePhaseRewo
from vhp.objective.bounds import elbo

TITLE = "VHP + REWO, no initial phase"
__all__ = ["Settings"]


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model and choose the schedule of one phase."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, OnePhaseRewo(s.kappa, s.nu, s.tau, s.beta_0, s.alpha), n_z=1, n_zeta=s.K)
