"""Ablation: REWO with a standard normal prior instead of the hierarchical one."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import between, positive
from vhp.methods import Method
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import Rewo

TITLE = "REWO, normal prior"


@dataclass(frozen=True)
class Settings:
    """Those of VHP + REWO but for the prior's."""

    kappa: float  # the constraint is C_t <= kappa^2
    nu: float  # step size of log beta
    tau: float  # slope of tanh near beta = 1
    beta_0: float  # beta of the initial phase, << 1
    alpha: float  # C_t = alpha C_{t-1} + (1 - alpha) C_batch

    def __post_init__(self):
        positive(kappa=self.kappa, nu=self.nu, tau=self.tau)
        between(0, 0.9999, alpha=self.alpha)  # at 1 C_t would never move
        between(1e-6, 1, beta_0=self.beta_0)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the standard normal prior to the model and choose the REWO schedule."""
    s = settings
    model.prior = StandardNormal(model.d_z)
    return Method(model, elbo, Rewo(s.kappa, s.nu, s.tau, s.beta_0, s.alpha), n_z=1, n_zeta=1)
