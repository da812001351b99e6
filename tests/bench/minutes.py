"""Minutes of one core until a training's validation bound has reached a given value: what counts of a training's speed.

A faster step may learn less, and a better optimiser may take longer for one; this measures both at once.
"""

import time

import torch
from torch import Tensor

from bench import setting
from vhp.datasets.batches import examples
from vhp.objective.terms import drawn_noise
from vhp.training.fit import Training

TARGET = -100.0  # nats on static MNIST; every method is at about -90 when it has converged
EPOCHS = 60  # at most
N_VALIDATION = 5_000  # of the training images, the last


def to_target(name: str, train: Tensor, compile: bool, target: float = TARGET) -> dict[str, float]:
    """Of one method: minutes of the processor without validation, epochs, milliseconds per step, and the bound then.

    Compiling is not counted: its result is cached for later trainings. Where the target is not reached after EPOCHS,
    minutes is infinite.
    """
    torch._dynamo.reset()
    train, val = train[:-N_VALIDATION], train[-N_VALIDATION:]
    run = Training(setting.build(name, train), train, setting.training(EPOCHS, compile), seed=0)
    # The first call compiles, and moves no weight.
    with run.precision:
        x = examples(train, torch.arange(setting.BATCH))
        noise = drawn_noise(run.method.model, x, run.method.n_z, run.method.n_zeta)
        run.loss(x, run.method.schedule.beta.float(), *noise)[0].backward()
    seconds = 0.0
    for epoch in range(1, EPOCHS + 1):
        started = time.process_time()
        means = run.epoch(epoch)
        seconds += time.process_time() - started
        run.validate(epoch, means, val)
        if run.result.best_bound >= target:
            break
    reached = run.result.best_bound >= target
    return {
        "minutes": seconds / 60 if reached else float("inf"),
        "epochs": epoch,
        "ms_per_step": 1e3 * seconds / (epoch * run.steps_per_epoch),
        "bound": run.result.best_bound,
    }
