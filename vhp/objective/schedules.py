"""How beta = 1 / lambda moves. A schedule knows a beta and a constraint value, and no networks.

Poster: "Variational Autoencoders as a Constrained Optimisation Problem" (GECO) and "Optimisation" (REWO).
State lives in tensors on the model's device, so that a training step needs no synchronisation with it.
"""

import math

import torch
from torch import Tensor, nn


def f_beta(beta: Tensor, delta: Tensor, tau: float) -> Tensor:
    """REWO's slope (1 - H(delta)) tanh(tau (beta - 1)) - H(delta), with H(0) = 1; elementwise."""
    return torch.where(delta < 0, torch.tanh(tau * (beta - 1)), -torch.ones_like(delta))


class Schedule(nn.Module):
    """Base: beta fixed at 1, no constraint. Subclasses override update()."""

    beta: Tensor  # the multiplier of F in the next step's loss
    constraint: Tensor  # C_t, the moving average of the constraint, NaN before the first step
    main_phase: Tensor  # False while the prior's parameters must not move

    def __init__(self, beta: float = 1.0, alpha: float = 0.99, main_phase: bool = True):
        super().__init__()
        self.alpha = alpha
        # beta spans decades and moves by 1e-4 of itself per step: float64 costs nothing for one number.
        self.register_buffer("beta", torch.tensor(beta, dtype=torch.float64))
        self.register_buffer("constraint", torch.tensor(float("nan"), dtype=torch.float64))
        self.register_buffer("main_phase", torch.tensor(main_phase))

    @property
    def settled(self) -> bool:
        """Whether the objective is now the one that is to converge. Waits for the device."""
        return bool(self.main_phase)

    @torch.no_grad()
    def step(self, batch_constraint: Tensor, progress: float, counts: Tensor | None = None) -> None:
        """After each optimisation step.

        batch_constraint: C of the batch, a scalar. progress: share done of the longest training, in [0, 1].
        counts: a scalar, false for a step that was not taken, after which everything stays as it was; None: it was.
        """
        before = [] if counts is None else [buffer.clone() for buffer in self.buffers()]
        c = batch_constraint.detach().to(self.constraint)
        average = self.alpha * self.constraint + (1 - self.alpha) * c
        self.constraint.copy_(torch.where(self.constraint.isnan(), c, average))  # C_0 = C_batch
        self.update(progress)
        if counts is not None:
            for buffer, value in zip(self.buffers(), before, strict=True):
                buffer.copy_(torch.where(counts, buffer, value))

    def update(self, progress: float) -> None:
        pass


class WarmUp(Schedule):
    """beta rises linearly from 0 to 1 over the first share of the training (Bowman et al. 2016; VampPrior's choice)."""

    def __init__(self, share: float, alpha: float = 0.99):
        super().__init__(beta=0.0 if share > 0 else 1.0, alpha=alpha)
        self.share = share

    @property
    def settled(self) -> bool:
        return self.beta.item() == 1.0

    def update(self, progress: float) -> None:
        self.beta.fill_(min(1.0, progress / self.share) if self.share > 0 else 1.0)


class Constrained(Schedule):
    """Shared by GECO and REWO: a constraint C_t <= kappa^2 and a beta that is multiplied by exp(change)."""

    # Of one update of beta: exp(+-5) is beyond any useful one, and keeps exp() finite for every C.
    FACTOR_RANGE = (math.exp(-5.0), math.exp(5.0))
    # What float32 can hold, of the loss and of the square of its gradient's norm; the paper's updates know no limit.
    BETA_RANGE = (1e-30, 1e12)

    def __init__(self, kappa: float, nu: float, beta_0: float, alpha: float, main_phase: bool):
        super().__init__(beta_0, alpha, main_phase)
        self.kappa, self.nu = kappa, nu

    def change(self, delta: Tensor) -> Tensor:
        """log(beta_t / beta_{t-1}) for delta = C_t - kappa^2."""
        raise NotImplementedError

    def multiply(self) -> None:
        delta = self.constraint - self.kappa**2
        factor = torch.exp(self.change(delta)).clamp(*self.FACTOR_RANGE)
        beta = (self.beta * factor).clamp(*self.BETA_RANGE)
        self.beta.copy_(torch.where(self.main_phase, beta, self.beta))

    def update(self, progress: float) -> None:
        self.multiply()


class Geco(Constrained):
    """beta_t = beta_{t-1} exp(-nu (C_t - kappa^2)), from beta = 1, all parameters from the first step.

    Rezende & Viola 2018, in the paper's beta = 1 / lambda.
    """

    def __init__(self, kappa: float, nu: float, alpha: float = 0.99):
        super().__init__(kappa, nu, beta_0=1.0, alpha=alpha, main_phase=True)

    @property
    def settled(self) -> bool:
        """Whether beta is back at 1.

        It falls by decades until the constraint holds, and then rises by as many; the bound at beta = 1 falls and rises
        with it. Where kappa is so tight that beta stays below 1, a training takes all its epochs.
        """
        return self.beta.item() >= 1.0

    def change(self, delta: Tensor) -> Tensor:
        return -self.nu * delta


class Rewo(Constrained):
    """beta_t = beta_{t-1} exp(nu f_beta(beta_{t-1}, C_t - kappa^2; tau) (C_t - kappa^2)).

    Initial phase: beta = beta_0 << 1 stays and only (theta, phi) are optimised, until C_t < kappa^2. Main phase:
    everything is optimised and beta moves.

    While the constraint holds, a step takes beta at most to 1 and never beyond. The formula alone would oscillate round
    1 for ever where nu tau |C_t - kappa^2| > 2.
    """

    def __init__(self, kappa: float, nu: float, tau: float, beta_0: float, alpha: float = 0.99):
        super().__init__(kappa, nu, beta_0, alpha, main_phase=False)
        self.tau = tau

    def f(self, delta: Tensor) -> Tensor:
        """f_beta of the present beta."""
        return f_beta(self.beta, delta, self.tau)

    def change(self, delta: Tensor) -> Tensor:
        change = self.nu * self.f(delta) * delta
        to_one = self.beta.log().abs()
        return torch.where(delta < 0, change.clamp(-to_one, to_one), change)

    def update(self, progress: float) -> None:
        self.multiply()
        # Checked after beta: the step that first fulfils the constraint still belongs to the initial phase.
        self.main_phase.logical_or_(self.constraint < self.kappa**2)


class ClippedRewo(Rewo):
    """REWO as the authors' laboratory published it later, for sequence models (Klushyn et al., NeurIPS 2021).

    In the initial phase the loss has no KL term at all (beta = 0). Then beta starts at beta_0; one update multiplies
    lambda = 1 / beta by a factor in [0.9, 1.05], and keeps it in [1e-6, 1e8].
    """

    FACTOR_RANGE = (1 / 1.05, 1 / 0.9)
    BETA_RANGE = (1e-8, 1e6)

    def __init__(self, kappa: float, nu: float, tau: float, beta_0: float, alpha: float = 0.99):
        super().__init__(kappa, nu, tau, beta_0, alpha)
        self.beta_0 = beta_0
        self.beta.fill_(0.0)

    def update(self, progress: float) -> None:
        super().update(progress)
        begins = self.main_phase & (self.beta == 0)
        self.beta.copy_(torch.where(begins, self.beta_0, self.beta))
