"""The training engine: one for all methods and data sets. It knows neither priors nor bounds nor schedules by name."""

import copy
import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

import torch
from torch import Tensor

from vhp.checkpoint import Checkpoint
from vhp.checks import at_least_one, between, one_of, positive
from vhp.compilation import compiled
from vhp.examples import examples
from vhp.methods import Method
from vhp.precision import PRECISIONS, autocast
from vhp.terms import sample_terms

logger = logging.getLogger(__name__)

# The validation bound is compared between epochs: the same noise each time leaves only the model's change.
VALIDATION_SEED = 7
VALIDATION_BATCH = 1000


@dataclass(frozen=True)
class TrainingSettings:
    epochs: int
    batch_size: int
    learning_rate: float  # of Adam, after the warm-up
    learning_rate_warm_up: float  # share of all steps over which it rises from 0
    learning_rate_decay_from: float  # share of all steps after which it falls linearly ...
    learning_rate_final: float  # ... to this fraction
    validate_every: int  # epochs between validation bounds
    precision: str  # "float32" or "bf16" matrix products
    compile: bool

    def __post_init__(self):
        at_least_one(epochs=self.epochs, batch_size=self.batch_size, validate_every=self.validate_every)
        positive(learning_rate=self.learning_rate)
        between(0, 1, learning_rate_warm_up=self.learning_rate_warm_up, learning_rate_final=self.learning_rate_final)
        between(0, 1, learning_rate_decay_from=self.learning_rate_decay_from)
        one_of(PRECISIONS, precision=self.precision)


@dataclass
class Fit:
    """What a training run leaves behind, beside the model's best weights."""

    history: list[dict[str, float]] = field(default_factory=list)  # a row per validated epoch
    best_epoch: int = 0
    best_bound: float = -math.inf  # mean validation bound at beta = 1, nats
    main_phase_step: int | None = None  # first step in which all parameters were optimised
    seconds: float = 0.0


class TrainingDivergedError(RuntimeError):
    """The loss is not finite."""


def learning_rate_factor(step: int, n_steps: int, settings: TrainingSettings) -> float:
    """Linear warm-up, plateau, linear decay; step counts from 1."""
    progress = step / n_steps
    rise = min(1.0, progress / settings.learning_rate_warm_up) if settings.learning_rate_warm_up > 0 else 1.0
    start, final = settings.learning_rate_decay_from, settings.learning_rate_final
    fall = 1.0 if progress <= start else 1.0 - (1.0 - final) * (progress - start) / (1.0 - start)
    return rise * fall


@torch.no_grad()
def validation_bound(method: Method, val: Tensor) -> float:
    """The method's own bound at beta = 1, mean over val (N, D), nats. Leaves the random state as it was."""
    with torch.random.fork_rng(devices=[val.device] if val.is_cuda else []):
        torch.manual_seed(VALIDATION_SEED)
        total = 0.0
        for index in torch.arange(len(val), device=val.device).split(VALIDATION_BATCH):
            t = sample_terms(method.model, examples(val, index), method.n_z, method.n_zeta)
            total += method.bound(t, 1.0).sum().item()
    return total / len(val)


def diverged(found: str, result: Fit) -> NoReturn:
    last = result.history[-1] if result.history else "none"
    raise TrainingDivergedError(f"{found}; last finite values: {last}; lower the learning rate or nu")


def fit(
    method: Method,
    train: Tensor,
    val: Tensor,
    settings: TrainingSettings,
    seed: int,
    checkpoint: Checkpoint | None = None,
    checkpoint_seconds: float = 30.0,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Fit:
    """Train method.model; at the end it holds the weights with the best validation bound at beta = 1.

    train, val: (N, D) on the model's device, uint8 (see examples) or float32.
    checkpoint: where to resume from and to save to, at most every checkpoint_seconds and at an epoch's end.
    progress: wraps the iterable of epochs, for instance tqdm.
    Raises TrainingDivergedError when the loss is no longer finite, and ValueError for fewer examples than one batch.
    """
    if len(train) < settings.batch_size:
        raise ValueError(f"batch_size = {settings.batch_size} exceeds the {len(train)} training examples")
    model, schedule = method.model, method.schedule
    optimiser = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    precision = autocast(settings.precision, train.device)

    def loss(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
        t = sample_terms(model, x, method.n_z, method.n_zeta)
        objective = -method.bound(t, beta).mean()
        kl = (t.log_posterior - t.log_prior).mean()
        return objective, torch.stack([objective, -t.log_likelihood.mean(), kl, t.constraint.mean()]).detach()

    loss = compiled(loss, settings.compile)
    steps_per_epoch = len(train) // settings.batch_size
    n_steps = settings.epochs * steps_per_epoch
    result, best, first_epoch = Fit(), copy.deepcopy(model.state_dict()), 1

    state = checkpoint.load(train.device) if checkpoint else None
    if state:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        result, best, first_epoch = Fit(**state["fit"]), state["best"], state["epoch"] + 1
        logger.info("resuming after epoch %d of %d", state["epoch"], settings.epochs)

    started = saved = time.monotonic()
    seconds_before = result.seconds
    for epoch in progress(range(first_epoch, settings.epochs + 1)):
        # All randomness of an epoch follows from (seed, epoch): a resumed run needs no generator state.
        torch.manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(train), device=train.device)
        totals = torch.zeros(4, device=train.device)
        for i in range(steps_per_epoch):
            step = (epoch - 1) * steps_per_epoch + i + 1
            if result.main_phase_step is None:
                in_main_phase = bool(schedule.main_phase)
                model.prior.requires_grad_(in_main_phase)
                result.main_phase_step = step if in_main_phase else None
            optimiser.param_groups[0]["lr"] = settings.learning_rate * learning_rate_factor(step, n_steps, settings)
            x = examples(train, order[i * settings.batch_size : (i + 1) * settings.batch_size])
            with precision:
                objective, values = loss(x, schedule.beta.float())
            optimiser.zero_grad()
            objective.backward()
            optimiser.step()
            schedule.step(values[3], progress=step / n_steps)
            totals += values
        mean_loss, reconstruction, kl, _ = (totals / steps_per_epoch).tolist()
        if not math.isfinite(mean_loss):
            diverged(f"epoch {epoch}, step {step}: loss {mean_loss}", result)
        if epoch % settings.validate_every == 0 or epoch == settings.epochs:
            bound = validation_bound(method, val)
            if not math.isfinite(bound):
                diverged(f"epoch {epoch}, step {step}: validation bound {bound}", result)
            result.history.append(
                {
                    "epoch": epoch,
                    "step": step,
                    "beta": schedule.beta.item(),
                    "constraint": schedule.constraint.item(),
                    "loss": mean_loss,
                    "reconstruction": reconstruction,
                    "kl": kl,
                    "validation_bound": bound,
                    "learning_rate": optimiser.param_groups[0]["lr"],
                    "main_phase": int(schedule.main_phase),
                }
            )
            if bound > result.best_bound:
                result.best_epoch, result.best_bound, best = epoch, bound, copy.deepcopy(model.state_dict())
        result.seconds = seconds_before + time.monotonic() - started
        if checkpoint and time.monotonic() - saved > checkpoint_seconds and epoch < settings.epochs:
            checkpoint.save(
                {
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "fit": vars(result),
                    "best": best,
                    "epoch": epoch,
                }
            )
            saved = time.monotonic()
    model.load_state_dict(best)
    model.requires_grad_(True)
    return result
