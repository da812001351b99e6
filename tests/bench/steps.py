"""A training step: ours, the naive reference, and the floor."""

import torch
from torch import Tensor

from bench import setting
from bench.floor import Floor, mixture_shapes, shapes_of
from bench.naive import NaiveTraining
from bench.timing import medians, ratios
from vhp.datasets.batches import examples
from vhp.methods import Method
from vhp.objective.terms import sample_terms
from vhp.training import fit as training
from vhp.training.fit import Training

TURNS, STEPS = 7, 4  # turns, and steps in each


def trainer(method: Method, train: Tensor, compile: bool) -> Training:
    """In the main phase, the longer one, in which all is trained."""
    training.COMPILE_FROM_STEPS = 0  # a few steps represent a run
    run = Training(method, train, setting.training(60, compile), seed=0)
    run.method.schedule.main_phase.fill_(True)
    run.result.main_phase_step = 1
    return run


def steps(run: Training) -> None:
    """Gathering and binarising included."""
    order = torch.randperm(len(run.train))
    for i in range(STEPS):
        run.step(examples(run.train, order[i * setting.BATCH : (i + 1) * setting.BATCH]), i + 1)


def naive_steps(run: NaiveTraining, train: Tensor) -> None:
    order = torch.randperm(len(train))
    for i in range(STEPS):
        run.step(torch.bernoulli(train[order[i * setting.BATCH : (i + 1) * setting.BATCH]].float() / 255))


def compare(name: str, train: Tensor, floor: Floor, compile: bool) -> dict[str, float]:
    """Milliseconds per step of 100 images and their ratios, of medians of TURNS turns."""
    torch._dynamo.reset()  # as in a process of its own
    method = setting.build(name, train)
    eager, naive = trainer(method, train, False), NaiveTraining(setting.build(name, train))
    variants = {"eager": lambda: steps(eager), "naive": lambda: naive_steps(naive, train)}
    if compile:
        compiled = trainer(setting.build(name, train), train, True)
        variants["compiled"] = lambda: steps(compiled)
    found = medians(variants, TURNS)
    ms = {kind: 1e3 * seconds / STEPS for kind, seconds in found.items()}
    with shapes_of(method.model, backward=True) as shapes:
        sample_terms(method.model, train[: setting.BATCH].float() / 255, method.n_z, method.n_zeta)
    shapes += mixture_shapes(method, method.n_z * setting.BATCH, backward=True)
    ours = ms["compiled" if compile else "eager"]
    return ratios(ours, ms["eager"], ms["naive"], 1e3 * floor.products(shapes), 1e3 * floor.floor(shapes))
