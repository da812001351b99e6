"""VHP + REWO as its authors published it later: no KL term in the initial phase, clipped updates of the multiplier.

Klushyn et al., "Latent Matters: Learning Deep State-Space Models", NeurIPS 2021.
"""

from torch import Tensor

from vhp.methods import Method
from vhp.methods.vhp_rewo import Settings
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import ClippedRewo

TITLE = "VHP + REWO (clipped)"
__all__ = ["Settings"]


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model and choose the later schedule."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, ClippedRewo(s.kappa, s.nu, s.tau, s.beta_0, s.alpha), n_z=1, n_zeta=s.K)
