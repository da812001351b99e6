"""What is recorded of a training run."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor


class Means(NamedTuple):
    """Over the examples of an epoch, nats but for the constraint; of a batch as a tensor (4,), in this order."""

    loss: float
    reconstruction: float  # -log p(x|z)
    kl: float  # F = log q(z|x) - log p(z)
    constraint: float  # C per data dimension


@dataclass
class Fit:
    """What a training run leaves behind, beside the model's best weights."""

    history: list[dict[str, float]] = field(default_factory=list)  # a row per validated epoch
    best_epoch: int = 0
    best_bound: float = -math.inf  # mean validation bound at beta = 1, nats
    main_phase_step: int | None = None  # first step in which all parameters were optimised
    falls_from: float | None = None  # epochs after which the learning rate fell
    converged: bool | None = None  # whether it fell because the bound had stopped rising; None: nobody looked
    skipped_steps: int = 0  # steps that were not taken, as a term or the gradient was beyond use
    seconds: float = 0.0
    observations: list[dict[str, Tensor]] = field(default_factory=list)  # what observe() gave, in order

    @property
    def gain_last_tenth(self) -> float | None:
        """How much the best bound gained in the last tenth of the epochs, nats; None if none was validated before."""
        last = self.history[-1]["epoch"]
        before = [row["validation_bound"] for row in self.history if row["epoch"] <= 0.9 * last]
        return self.best_bound - max(before) if before else None
