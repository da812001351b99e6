"""The learning rate, and when a training ends: one rule for every method.

The rate stays until the best validation bound has gained less than `least_gain` in `patience` epochs. Then it falls,
for `learning_rate_fall` times as long as it took until then. It falls in time to end after `epochs` in any case; if
that was the reason, the training has not converged.
"""

import math
from dataclasses import dataclass

from vhp.training.settings import TrainingSettings


@dataclass
class Pace:
    """Where one training is; times are in epochs, and counted from the beginning.

    settled_at   the epoch from which bounds count, as the schedule says: REWO's main phase has begun, the KL warm-up
                 ended, GECO's beta returned to 1
    falls_from   when the learning rate begins to fall
    converged    whether that was because the bound had stopped rising; None: nobody looked, or not yet known
    """

    settings: TrainingSettings
    settled_at: int | None = None
    falls_from: float | None = None
    converged: bool | None = None

    @property
    def latest_fall(self) -> float:
        """The fall that begins here ends after settings.epochs."""
        return self.settings.epochs / (1 + self.settings.learning_rate_fall)

    @property
    def last_epoch(self) -> int:
        """After which the training ends, as far as is known now."""
        if self.falls_from is None:
            return self.settings.epochs
        ends = round(self.falls_from * (1 + self.settings.learning_rate_fall), 6)  # 30 * 1.1 is a little over 33
        return min(self.settings.epochs, math.ceil(ends))

    def factor(self, time: float) -> float:
        """The learning rate's factor at a time in epochs: linear rise, plateau, linear fall."""
        s = self.settings
        rise_ends = s.learning_rate_warm_up * s.epochs
        rise = min(1.0, time / rise_ends) if rise_ends > 0 else 1.0
        start = self.latest_fall if self.falls_from is None else self.falls_from
        fall = 1.0
        if time > start:
            fall = 1.0 - (1.0 - s.learning_rate_final) * (time - start) / (self.last_epoch - start)
        return rise * fall

    def see(self, epoch: int, bounds: list[tuple[float, float]], settled: bool) -> None:
        """After an epoch is validated: decide whether the rate falls from here on.

        bounds: (epoch, validation bound) of all epochs validated so far. settled: the objective no longer changes.
        """
        if settled and self.settled_at is None:
            self.settled_at = epoch
        if self.settings.patience is None or self.falls_from is not None:
            return
        if self.settled_at is not None and epoch - self.settled_at >= self.settings.patience:
            counted = [(e, bound) for e, bound in bounds if e >= self.settled_at]
            before = max(bound for e, bound in counted if e <= epoch - self.settings.patience)
            if max(bound for _, bound in counted) - before < self.settings.least_gain:
                self.falls_from, self.converged = float(epoch), True
                return
        if epoch + self.settings.validate_every > self.latest_fall:  # the next look would come too late
            self.falls_from, self.converged = self.latest_fall, False

    def state_dict(self) -> dict[str, int | float | bool | None]:
        return {"settled_at": self.settled_at, "falls_from": self.falls_from, "converged": self.converged}

    def load_state_dict(self, state: dict[str, int | float | bool | None]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
