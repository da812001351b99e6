"""The training engine: one for all methods and data sets. It knows neither priors nor bounds nor schedules by name."""

import copy
import logging
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vhp.datasets.batches import examples
from vhp.datasets.noise import check_noise, with_noise
from vhp.datasets.validation import Expected, check_examples
from vhp.device.compilation import compiled, worth_compiling
from vhp.device.denormals import flushed_denormals
from vhp.device.precision import autocast
from vhp.methods import Method
from vhp.objective.terms import drawn_noise, terms
from vhp.resumable import ONE_SITTING, Resumable
from vhp.seeds import numbered
from vhp.training.divergence import DivergenceWatch, TrainingDivergedError
from vhp.training.gradient import GradientLimit, gradient_norm
from vhp.training.pace import Pace
from vhp.training.record import Fit, Means
from vhp.training.settings import TrainingSettings
from vhp.training.validation import validation_bound
from vhp.training.weight_decay import parameter_groups

logger = logging.getLogger(__name__)

# To compile a step takes 15 to 45 seconds on two cores, and saves 1 to 4 ms of each step.
COMPILE_FROM_STEPS = 10_000

# A run has diverged when -log p(x|z) or F is beyond this: untrained networks stay below 10 nats per dimension. With an
# importance-weighted bound it has when the loss is. For now and then one of many samples is so far from the prior that
# the mean of F is beyond any limit, and that sample's weight is zero.
DIVERGED_NATS_PER_DIMENSION = 1e4


class Training:
    """One training run: a method's model with its optimiser, its multiplier and what is recorded on the way."""

    def __init__(
        self, method: Method, train: Tensor, settings: TrainingSettings, seed: int, noise: Tensor | None = None
    ):
        self.method, self.train, self.settings, self.seed, self.noise = method, train, settings, seed, noise
        groups = parameter_groups(method.model, settings.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        self.precision = autocast(settings.precision, train.device)
        self.steps_per_epoch = len(train) // settings.batch_size
        self.n_steps = settings.epochs * self.steps_per_epoch  # at most
        self.pace = Pace(settings)
        self.limit = GradientLimit(settings.gradient_limit, train.device) if settings.gradient_limit else None
        compile = worth_compiling(settings.compile, self.n_steps, COMPILE_FROM_STEPS, "steps")
        self.loss = compiled(self.loss_and_terms, compile, train.device)
        # Counted on the device, and read once per epoch.
        self.steps_in_initial_phase = torch.zeros((), dtype=torch.int64, device=train.device)
        bound = DIVERGED_NATS_PER_DIMENSION * method.model.n_dims
        limits = Means(loss=math.inf, reconstruction=bound, kl=bound, constraint=math.inf)
        if method.n_z > 1:
            limits = Means(loss=bound, reconstruction=math.inf, kl=math.inf, constraint=math.inf)
        self.watch = DivergenceWatch(limits._asdict() | {"gradient_norm": math.inf}, train.device)
        self.result = Fit()
        self.best = copy.deepcopy(method.model.state_dict())

    def loss_and_terms(self, x: Tensor, beta: Tensor, eps: Tensor, eps_zeta: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the Means over the batch, (4,), without gradient. The noise is that of drawn_noise."""
        model = self.method.model
        t = terms(model, x, *model.encoder(x), eps, eps_zeta)  # type: ignore[call-arg]
        loss = -self.method.bound(t, beta).mean()
        kl = (t.log_posterior - t.log_prior).mean()
        means = [loss, -t.log_likelihood.mean(), kl, t.constraint.mean()]  # in the order of Means
        return loss, torch.stack(means).detach()

    def step(self, x: Tensor, step: int) -> Tensor:
        """One optimisation step, counted from 1, on x (batch, D); gives the Means, (4,), zeros for a skipped step.

        A step with a term or a gradient beyond use moves neither the weights nor the multiplier. Nothing here waits for
        the device: the multiplier, the phase and the watch live there.
        """
        schedule = self.method.schedule
        rate = self.settings.learning_rate * self.pace.factor(step / self.steps_per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        # Drawn out here: a compiled step would make it number by number, which took a seventh of its time.
        noise = drawn_noise(self.method.model, x, self.method.n_z, self.method.n_zeta)
        with self.precision:
            loss, means = self.loss(x, schedule.beta.float(), *noise)
        loss.backward()
        self.hold_prior()
        parameters = list(self.method.model.parameters())
        norm = gradient_norm(parameters)
        good = self.watch.see(step, torch.cat([means, norm[None]]))
        if self.limit:
            self.limit.apply(parameters, norm, good)
        self.optimise(good)
        schedule.step(means[Means._fields.index("constraint")], progress=step / self.n_steps, counts=good)
        return torch.where(good, means, 0.0)

    def waiting(self) -> list[torch.nn.Parameter]:
        """The prior's parameters while it is not known that the main phase has begun."""
        if self.result.main_phase_step is not None:
            return []
        return [p for p in self.method.model.prior.parameters() if p.grad is not None]

    def hold_prior(self) -> None:
        """In the initial phase the prior has no gradient."""
        if prior := self.waiting():
            torch._foreach_mul_([p.grad for p in prior if p.grad is not None], self.method.schedule.main_phase.float())

    def optimise(self, good: Tensor) -> None:
        """AdamW's step, if the step is good; in the initial phase the prior stands still, and AdamW has not seen a
        gradient of it."""
        in_main_phase = self.method.schedule.main_phase
        # Through this attribute GradScaler, too, tells a fused optimiser on its device that a step is not to be taken.
        self.optimiser.found_inf = (~good).float()  # type: ignore[attr-defined]
        self.optimiser.step()
        if self.result.main_phase_step is None:
            self.steps_in_initial_phase += ~in_main_phase
        for p in self.waiting():
            self.optimiser.state[p]["step"].mul_(in_main_phase)

    def epoch(self, epoch: int) -> Means:
        """All batches once, in random order; gives the means over the epoch."""
        # The prior's decay begins with the epoch after that in which the main phase does (without an initial phase with
        # the second), so that no step has to wait for the device.
        in_main_phase = self.result.main_phase_step is not None
        self.optimiser.param_groups[-1]["weight_decay"] = self.settings.weight_decay if in_main_phase else 0.0
        # All randomness of an epoch follows from (seed, epoch): a resumed run needs no generator state.
        torch.manual_seed(numbered(self.seed, epoch))
        size = self.settings.batch_size
        order = torch.randperm(len(self.train), device=self.train.device)
        totals = torch.zeros(len(Means._fields), device=self.train.device)
        for i in range(self.steps_per_epoch):
            x = with_noise(examples(self.train, order[i * size : (i + 1) * size]), self.noise)
            totals += self.step(x, (epoch - 1) * self.steps_per_epoch + i + 1)
        skipped = self.watch.check(self.steps_per_epoch)
        self.result.skipped_steps += skipped
        if self.result.main_phase_step is None and self.steps_in_initial_phase < epoch * self.steps_per_epoch:
            self.result.main_phase_step = int(self.steps_in_initial_phase) + 1
        return Means(*(totals / (self.steps_per_epoch - skipped)).tolist())

    def validate(self, epoch: int, means: Means, val: Tensor) -> None:
        """Add a row to the history, and keep the weights if they are the best so far."""
        bound = validation_bound(self.method, val)
        if not math.isfinite(bound):
            last = self.result.history[-1] if self.result.history else "none"
            raise TrainingDivergedError(
                f"epoch {epoch}, step {epoch * self.steps_per_epoch}: validation bound {bound}; "
                f"last finite values: {last}; lower the learning rate or nu"
            )
        schedule, model = self.method.schedule, self.method.model
        self.result.history.append(
            {
                "epoch": epoch,
                "step": epoch * self.steps_per_epoch,
                "beta": schedule.beta.item(),
                "constraint": schedule.constraint.item(),
                "loss": means.loss,
                "reconstruction": means.reconstruction,
                "kl": means.kl,
                "validation_bound": bound,
                "learning_rate": self.optimiser.param_groups[0]["lr"],
                "main_phase": int(schedule.main_phase),
            }
        )
        if bound > self.result.best_bound:
            self.result.best_epoch, self.result.best_bound = epoch, bound
            self.best = copy.deepcopy(model.state_dict())
        self.pace.see(epoch, [(row["epoch"], row["validation_bound"]) for row in self.result.history], schedule.settled)
        self.result.falls_from, self.result.converged = self.pace.falls_from, self.pace.converged

    def state(self, epoch: int) -> dict[str, Any]:
        """All that the epochs after this one depend on."""
        return {
            "model": self.method.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.method.schedule.state_dict(),
            "steps_in_initial_phase": self.steps_in_initial_phase,
            "pace": self.pace.state_dict(),
            "gradient_norm": self.limit.average if self.limit else None,
            "fit": vars(self.result),
            "best": self.best,
            "epoch": epoch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.method.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.method.schedule.load_state_dict(state["schedule"])
        self.steps_in_initial_phase = state["steps_in_initial_phase"]
        self.pace.load_state_dict(state["pace"])
        if self.limit:
            self.limit.average = state["gradient_norm"]
        self.result, self.best = Fit(**state["fit"]), state["best"]


def fit(
    method: Method,
    train: Tensor,
    val: Tensor,
    settings: TrainingSettings,
    seed: int,
    resumable: Resumable = ONE_SITTING,
    observe: Callable[[int, bool], dict[str, Tensor] | None] = lambda epoch, last: None,
    noise: Tensor | None = None,
) -> Fit:
    """Train method.model; at the end it holds the weights with the best validation bound at beta = 1.

    The model is put into training mode, and left in it. Random numbers follow from the seed; the state of torch's
    generators of the processor and of every GPU is afterwards what it was before.
    train, val: (N, D) on the model's device, uint8 (see examples) or float32; see check_examples.
    resumable: where to resume from and to save to; its steps are the epochs.
    observe: called at each epoch's end, with its number and whether it is the last; what it returns is kept in the Fit,
    also by checkpoints. It must leave model and random state alone.
    noise: (D,) standard deviations, in the data's unit, of the noise that each training batch gets anew; None for none.
    Raises TrainingDivergedError when more than a few steps of an epoch have a term or a gradient that is not finite
    or beyond use, with the state before that epoch in the checkpoint; ValueError for arrays that are no data or fewer
    examples than one batch; UnfinishedError when it is asked to stop.
    """
    model = method.model
    expected = Expected(model.n_dims, model.observation.unit_interval, next(model.parameters()).dtype)
    for name, x in (("train", train), ("val", val)):
        check_examples(name, x, expected)
    if len(train) < settings.batch_size:
        raise ValueError(f"batch_size = {settings.batch_size} exceeds the {len(train)} training examples")
    check_noise(noise, train)
    training, first_epoch = Training(method, train, settings, seed, noise), 1
    sitting = resumable.begin(train.device)
    if sitting.state:
        training.restore(sitting.state)
        first_epoch = sitting.state["epoch"] + 1
        logger.info("resuming after epoch %d of %d", sitting.state["epoch"], settings.epochs)

    model.train()
    devices = range(torch.cuda.device_count())  # all: torch.manual_seed seeds each
    with flushed_denormals(), torch.random.fork_rng(devices=devices):
        for epoch in resumable.progress(range(first_epoch, settings.epochs + 1)):
            if epoch > training.pace.last_epoch:
                break
            before = copy.deepcopy(training.state(epoch - 1)) if resumable.checkpoint else {}
            try:
                means = training.epoch(epoch)
                if epoch % settings.validate_every == 0 or epoch == training.pace.last_epoch:
                    training.validate(epoch, means, val)
            except TrainingDivergedError as error:
                if not resumable.checkpoint:
                    raise
                sitting.save(before)
                raise TrainingDivergedError(
                    f"{error}; the state before epoch {epoch} is in {resumable.checkpoint.file}"
                ) from None
            last = epoch == training.pace.last_epoch
            if observed := observe(epoch, last):
                training.result.observations.append(observed)
            training.result.seconds = sitting.seconds
            sitting.done(f"epoch {epoch} of {training.pace.last_epoch}", last, partial(training.state, epoch))
    method.model.load_state_dict(training.best)
    return training.result
