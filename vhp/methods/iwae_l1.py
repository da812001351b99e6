"""IWAE, one stochastic layer: standard normal prior, importance-weighted bound (Burda et al. 2016)."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import at_least_one
from vhp.methods import Method
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE
from vhp.objective.bounds import importance_weighted_bound
from vhp.objective.schedules import Schedule

TITLE = "IWAE (L=1)"


@dataclass(frozen=True)
class Settings:
    """Parameters of IWAE with one stochastic layer."""

    n_importance: int  # samples z per example in the bound (k in Burda et al.)

    def __post_init__(self):
        at_least_one(n_importance=self.n_importance)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the standard normal prior."""
    model.prior = StandardNormal(model.d_z)
    return Method(model, importance_weighted_bound, Schedule(), n_z=settings.n_importance, n_zeta=1)
