"""The likelihood of test images: ours, the naive reference, and the floor."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor

from bench import setting
from bench.floor import Floor, mixture_shapes, shapes_of
from bench.naive import NaiveVAE, log_likelihood
from bench.timing import medians, ratios
from vhp.device.precision import usable
from vhp.likelihood import estimate as likelihood
from vhp.likelihood.estimate import LikelihoodSettings, estimate

S = 5000
# Per turn. Many of ours, as an evaluation has 10,000: the work done once per call must not count.
IMAGES, NAIVE_IMAGES = 24, 1
TURNS = 3


def settings(compile: bool, n_samples: int = S) -> LikelihoodSettings:
    return LikelihoodSettings(n_samples, usable("bf16", torch.device("cpu")), compile)


def compare(name: str, train: Tensor, test: Tensor, floor: Floor, compile: bool) -> dict[str, float | None]:
    """Milliseconds per image and their ratios, of medians of TURNS turns."""
    likelihood.COMPILE_FROM_OUTPUTS = 0  # a few images represent 10,000
    torch._dynamo.reset()  # as in a process of its own
    method = setting.build(name, train)
    naive, x = NaiveVAE(method.model), test[:IMAGES]
    variants = {
        "eager": lambda: estimate(method.model, x, settings(compile=False), 0),
        "naive": lambda: log_likelihood(naive, x[:NAIVE_IMAGES].float() / 255, S),
    }
    if compile:
        variants["compiled"] = lambda: estimate(method.model, x, settings(compile=True), 0)
    found = medians(variants, TURNS)
    with shapes_of(method.model, backward=False) as shapes:
        estimate(method.model, x, settings(compile=False), 0)
    shapes += Counter({shape: IMAGES for shape in mixture_shapes(method, S, backward=False)})
    of_all = (found["compiled" if compile else "eager"], found["eager"])
    bare = (floor.products(shapes), floor.floor(shapes))
    ours, eager, products, least = (1e3 * seconds / IMAGES for seconds in (*of_all, *bare))
    row = ratios(ours, eager, 1e3 * found["naive"] / NAIVE_IMAGES, products, least)
    return row | {"peak_mib": peak_of_a_process(name, compile)}


def peak_of_a_process(name: str, compile: bool) -> float | None:
    """Peak resident memory, MiB, of a process that evaluates a model of this method, with all data loaded.

    None where it cannot be read from Linux's /proc.
    """
    if not Path("/proc/self/status").exists():
        return None
    command = [sys.executable, "-m", "bench.memory", name, *(["--compile"] if compile else [])]
    return float(subprocess.run(command, env=os.environ, check=True, capture_output=True, text=True).stdout)
