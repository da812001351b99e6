"""REWO's schedule with a part left out, to see what the part does."""

import torch
from torch import Tensor

from vhp.objective.schedules import Rewo


class OnePhaseRewo(Rewo):
    """Without the initial phase: from beta_0, beta moves and everything is optimised from the first step."""

    def __init__(self, kappa: float, nu: float, tau: float, beta_0: float, alpha: float = 0.99):
        super().__init__(kappa, nu, tau, beta_0, alpha)
        self.main_phase.fill_(True)
        self.beta_0 = beta_0

    @property
    def settled(self) -> bool:
        """Whether beta is back where it began: until the constraint holds it falls, by decades, as GECO's does."""
        return self.beta.item() >= self.beta_0


class SlopelessRewo(Rewo):
    """Without tau's slope: sign(beta - 1) instead of tanh(tau (beta - 1)), the limit of a large tau.

    beta approaches 1 as fast from nearby as from afar, and the last step takes it to 1.
    """

    def __init__(self, kappa: float, nu: float, beta_0: float, alpha: float = 0.99):
        super().__init__(kappa, nu, tau=float("inf"), beta_0=beta_0, alpha=alpha)

    def f(self, delta: Tensor) -> Tensor:
        """(1 - H(delta)) sign(beta - 1) - H(delta), with H(0) = 1."""
        return torch.where(delta < 0, torch.sign(self.beta - 1), -torch.ones_like(delta))
