"""VHP + REWO trained for a given processor time: all that this comparison asks of the training engine."""

import math
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stages.inspect.front.table import Network
from vhp.datasets.batches import as_means
from vhp.methods import Method, vhp_rewo
from vhp.model.vae import VAE
from vhp.resumable import ONE_SITTING, Resumable, UnfinishedError
from vhp.training.fit import fit
from vhp.training.settings import TrainingSettings
from vhp.training.validation import validation_bound

MOST_VALIDATIONS = 20  # of a training: each may give the weights that are kept
VALIDATION_SHARE = 0.1  # of the processor time, at most
TRIAL_EPOCHS, TRIAL_STEPS = 5, 8  # of a trial that measures a step: so many times so many steps


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
    settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in network.method.items()}
    return vhp_rewo.build(model, vhp_rewo.Settings(**settings), as_means(train[:1]))


def settings_of(network: Network, epochs: int, validate_every: int) -> TrainingSettings:
    return TrainingSettings(**network.training, epochs=epochs, validate_every=validate_every)


class EpochTimes:
    """Processor time of each epoch, its validation included, kept in the Fit and in its checkpoints."""

    def __init__(self):
        self.last, self.spent = time.process_time(), []

    def __call__(self, epoch: int, last: bool) -> dict[str, Tensor]:
        now = time.process_time()
        self.spent.append(now - self.last)
        self.last = now
        return {"seconds": torch.tensor(self.spent[-1], dtype=torch.float64)}


def planned(method: Method, network: Network, train: Tensor, val: Tensor, seconds: float) -> Plan:
    """As many epochs as take this processor time, by trials that leave the method's weights changed."""
    started = time.process_time()
    validation_bound(method, val)
    validation = time.process_time() - started
    batches = len(train) // network.training["batch_size"]
    _, step = trial(method, network, train, val, n_steps=0)
    found = plan(seconds, step * batches, validation)
    if network.training["compile"]:  # the engine compiles long trainings alone, and compiling takes its time
        first, step = trial(method, network, train, val, found.epochs * batches)
        found = plan(seconds - first, step * batches, validation)
    return found


def trial(method: Method, network: Network, train: Tensor, val: Tensor, n_steps: int) -> tuple[float, float]:
    """Processor seconds that the first steps take beyond their share, and of a step, at the start of n_steps."""
    size = network.training["batch_size"]
    steps = min(TRIAL_STEPS, len(train) // size)
    epochs = max(TRIAL_EPOCHS + 1, math.ceil(n_steps / steps))
    times = EpochTimes()
    resumable = Resumable(stop=lambda: len(times.spent) == TRIAL_EPOCHS)
    with suppress(UnfinishedError):
        fit(method, train[: steps * size], val[:2], settings_of(network, epochs, epochs), 0, resumable, times)
    first, *others = times.spent
    epoch = statistics.median(others)
    return max(0.0, first - epoch), epoch / steps


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
        steps=int(last["step"]),
        validation_bound=result.best_bound,
        best_epoch=result.best_epoch,
        beta=last["beta"],
        main_phase_step=result.main_phase_step,
    )
