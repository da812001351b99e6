"""How a model is trained: the settings of vhp.training.fit."""

from dataclasses import dataclass

from vhp.checks import at_least_one, between, one_of, positive
from vhp.device.precision import PRECISIONS


@dataclass(frozen=True)
class TrainingSettings:
    """How long and how fast a model is trained.

    The learning rate rises, stays until the validation bound has stopped rising (see vhp.training.pace), falls, and the
    training ends.
    """

    epochs: int  # at most, the learning rate's fall included
    patience: int | None  # epochs in which the bound has to gain `least_gain`; None: no limit but `epochs`
    least_gain: float  # nats, above 0 with a patience
    batch_size: int
    learning_rate: float  # of AdamW, after the warm-up
    learning_rate_warm_up: float  # share of `epochs` over which it rises from 0
    learning_rate_fall: float  # how long it falls, linearly, in units of the time before ...
    learning_rate_final: float  # ... to this fraction
    validate_every: int  # epochs between validation bounds
    gradient_limit: float | None = 5.0  # of the gradient's norm, in units of its moving average; None: none
    weight_decay: float = 0.0  # of the networks' weights, in a step and per unit of the learning rate; 0: none
    precision: str = "float32"  # or "bf16": of matrix products
    compile: bool = False

    def __post_init__(self):
        at_least_one(epochs=self.epochs, batch_size=self.batch_size, validate_every=self.validate_every)
        positive(learning_rate=self.learning_rate)
        between(0, 1, learning_rate_warm_up=self.learning_rate_warm_up, learning_rate_final=self.learning_rate_final)
        between(0, 100, learning_rate_fall=self.learning_rate_fall)
        if self.patience is None:
            between(0, 1e6, least_gain=self.least_gain)
        else:
            positive(least_gain=self.least_gain)  # the best bound never gains less than nothing
        between(0, 1e3, weight_decay=self.weight_decay)
        one_of(PRECISIONS, precision=self.precision)
        if self.gradient_limit is not None:
            between(1, 1e6, gradient_limit=self.gradient_limit)
        if self.patience is not None and self.patience < self.validate_every:
            raise ValueError(
                f"patience: found {self.patience} epochs, expected at least those between two validation bounds, "
                f"validate_every = {self.validate_every}"
            )
