"""IWAE, two stochastic layers: p(zeta) p(z|zeta) p(x|z) with q(z|x) q(zeta|z) (Burda et al. 2016).

The generative model is that of the hierarchical prior; only the objective differs from VHP's: one importance weight per
joint sample (z, zeta), and no constraint.
"""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import at_least_one
from vhp.methods import Method
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import importance_weighted_bound
from vhp.objective.schedules import Schedule

TITLE = "IWAE (L=2)"


@dataclass(frozen=True)
class Settings:
    """Parameters of IWAE with two stochastic layers."""

    n_importance: int  # joint samples (z, zeta) per example in the bound (k in Burda et al.)
    d_zeta: int
    prior_hidden: tuple[int, ...]  # widths of the gated layers of p(z|zeta) and q(zeta|z)

    def __post_init__(self):
        at_least_one(n_importance=self.n_importance, d_zeta=self.d_zeta, prior_hidden=self.prior_hidden)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior as the second stochastic layer."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, importance_weighted_bound, Schedule(), n_z=s.n_importance, n_zeta=1)
