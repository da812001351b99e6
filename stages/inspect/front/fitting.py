"""VHP + REWO trained for a given processor time: all that this comparison asks of the training engine."""

import math
import statistics
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.inspect.front.table import Network
from vhp.datasets.batches import as_means
from vhp.methods import Method, vhp_rewo
from vhp.model.vae import VAE
from vhp.resumable import ONE_SITTING, Resumable
from vhp.training.fit import fit
from vhp.training.settings import TrainingSettings
from vhp.training.validation import validation_bound

MOST_VALIDATIONS = 20  # of a training: each may give the weights that are kept
VALIDATION_SHARE = 0.1  # of the processor time, at most
TRIAL_EPOCHS, TRIAL_STEPS = 5, 8  # of the trial that measures a step


@dataclass(frozen=True)
class Plan:
    """How long a network is trained; the learning rate's schedule goes over all of it."""

    epochs: int
    validate_every: int
    validation_seconds: float  # of the processor, each


@dataclass(frozen=True)
class Trained:
    """What a training took and reached."""

    processor_minutes: float  # with validation
    ms_per_step: float  # of processor time, without validation
    steps: int
    validation_bound: float  # nats, the best, at beta = 1
    best_epoch: int
    beta: float  # at the end
    main_phase_step: int | None


def build(network: Network, observation: str, train: Tensor, seed: int) -> Method:
    """An untrained model; the same at each call."""
    torch.manual_seed(seed)
    model = VAE(train.shape[1], observation=observation, **network.model)
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in network.method.items()}
    return vhp_rewo.build(model, vhp_rewo.Settings(**settings), as_means(train[:1]))


def settings_of(network: Network, epochs: int, validate_every: int) -> TrainingSettings:
    return TrainingSettings(**network.training, epochs=epochs, validate_every=validate_every)


class EpochTimes:
    """Processor time of each epoch, its validation included, kept in the Fit and in its checkpoints."""

    def __init__(self):
        self.last = time.process_time()

    def __call__(self, epoch: int, last: bool) -> dict[str, Tensor]:
        now = time.process_time()
        spent, self.last = now - self.last, now
        return {"seconds": torch.tensor(spent, dtype=torch.float64)}


def planned(method: Method, network: Network, train: Tensor, val: Tensor, seconds: float) -> Plan:
    """As many epochs as take this processor time, by a trial that leaves the method's weights changed."""
    size = network.training["batch_size"]
    batches = len(train) // size
    steps = min(TRIAL_STEPS, batches)
    trial = fit(
        method,
        train[: steps * size],
        val[:2],
        settings_of(network, TRIAL_EPOCHS, TRIAL_EPOCHS),
        seed=0,
        observe=EpochTimes(),
    )
    # The first epoch has the time of the first calls in it, the last one that of a validation.
    step = statistics.median(float(o["seconds"]) for o in trial.observations[1:-1]) / steps
    started = time.process_time()
    validation_bound(method, val)
    return plan(seconds, step * batches, time.process_time() - started)


def plan(seconds: float, epoch_seconds: float, validation_seconds: float) -> Plan:
    """The most epochs, at least one, that take no longer with their validations."""
    validations = int(VALIDATION_SHARE * seconds / max(validation_seconds, 1e-9))
    validations = min(MOST_VALIDATIONS, max(1, validations))
    epochs = max(1, int((seconds - validations * validation_seconds) / epoch_seconds))
    return Plan(epochs, math.ceil(epochs / validations), validation_seconds)


def trained(
    method: Method,
    network: Network,
    train: Tensor,
    val: Tensor,
    plan: Plan,
    seed: int,
    resumable: Resumable = ONE_SITTING,
) -> Trained:
    """Train the method, which at the end has the weights of the best validation bound. Raises as fit does."""
    settings = settings_of(network, plan.epochs, plan.validate_every)
    result = fit(method, train, val, settings, seed, resumable, EpochTimes())
    seconds = sum(float(o["seconds"]) for o in result.observations)
    last = result.history[-1]
    stepping = seconds - len(result.history) * plan.validation_seconds
    return Trained(
        processor_minutes=seconds / 60,
        ms_per_step=1e3 * stepping / last["step"],
        steps=last["step"],
        validation_bound=result.best_bound,
        best_epoch=result.best_epoch,
        beta=last["beta"],
        main_phase_step=result.main_phase_step,
    )
