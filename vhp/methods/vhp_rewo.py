"""VHP + REWO: the hierarchical prior, trained in two phases until beta = 1 (the paper's method)."""

from dataclasses import dataclass

from torch import Tensor

from vhp.checks import at_least_one, between, positive
from vhp.methods import Method
from vhp.model.priors.hierarchical import HierarchicalPrior
from vhp.model.vae import VAE
from vhp.objective.bounds import elbo
from vhp.objective.schedules import Rewo

TITLE = "VHP + REWO"


@dataclass(frozen=True)
class Settings:
    """Parameters of VHP + REWO."""

    kappa: float  # the constraint is C_t <= kappa^2
    nu: float  # step size of log beta
    tau: float  # slope of tanh near beta = 1
    beta_0: float  # beta of the initial phase, << 1
    alpha: float  # C_t = alpha C_{t-1} + (1 - alpha) C_batch
    K: int  # samples of zeta in L_IW
    d_zeta: int
    prior_hidden: tuple[int, ...]  # widths of the gated layers of p_Theta(z|zeta) and q_Phi(zeta|z)

    def __post_init__(self):
        positive(kappa=self.kappa, nu=self.nu, tau=self.tau)
        between(0, 0.9999, alpha=self.alpha)  # at 1 C_t would never move
        between(1e-6, 1, beta_0=self.beta_0)
        at_least_one(K=self.K, d_zeta=self.d_zeta, prior_hidden=self.prior_hidden)


def build(model: VAE, settings: Settings, train: Tensor) -> Method:
    """Attach the hierarchical prior to the model and choose the REWO schedule."""
    s = settings
    model.prior = HierarchicalPrior(model.d_z, s.d_zeta, s.prior_hidden)
    return Method(model, elbo, Rewo(s.kappa, s.nu, s.tau, s.beta_0, s.alpha), n_z=1, n_zeta=s.K)
