"""What a trained network is worth and what it costs: likelihood of validation images, operations, processor time."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from stages.inspect import cost
from stages.inspect.front.table import PLANNED, Network
from stages.runs.subsets import evaluated_examples
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.rounding import exact_enough
from vhp.likelihood.summary import summary
from vhp.model.vae import VAE
from vhp.resumable import Resumable
from vhp.seeds import EVALUATION_SEED

CHECKED_SAMPLES = 500  # with which a rounded precision is compared with float64: convolutions in float64 take minutes
ESTIMATED = ("nll", "nll_se", "nll_mc_se", "ess", "n_low_ess", "precision")  # of vhp.likelihood.summary


def likelihood(model: VAE, val: Tensor, settings: LikelihoodSettings, n_images: int) -> dict[str, Any]:
    """Columns ESTIMATED, n_images, n_samples and seconds_per_image, which is processor time.

    Of validation images: a network is chosen by it, and a choice may not have seen the test set.
    """
    index = evaluated_examples(len(val), n_images)
    images = val[index.to(val.device)]
    few = replace(settings, n_samples=min(settings.n_samples, CHECKED_SAMPLES))
    found, rounding = exact_enough(model, images, few, EVALUATION_SEED, index)
    settings = replace(settings, precision=found.precision)
    stopwatch = Stopwatch()
    result = estimate(model, images, settings, EVALUATION_SEED, index, Resumable(progress=stopwatch))
    estimated = summary(result, settings, rounding)
    measured = {name: estimated[name] for name in ESTIMATED}
    seconds = stopwatch.seconds_per_image()
    return measured | {"n_images": len(index), "n_samples": settings.n_samples, "seconds_per_image": seconds}


class Stopwatch:
    """Processor time of an estimate's batches."""

    def __init__(self):
        self.marks: list[tuple[float, int]] = []  # when a batch was done, and its images

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Tensor]:
        self.started = time.process_time()
        for batch in batches:
            yield batch
            self.marks.append((time.process_time(), len(batch)))

    def seconds_per_image(self) -> float:
        """Without the first batch, in which the estimate may be compiled, unless there is no other."""
        (first, n_first), *others = self.marks
        if not others:
            return (first - self.started) / n_first
        return (others[-1][0] - first) / sum(n for _, n in others)


def operations(network: Network, dataset: str, n_dims: int, n_samples: int) -> dict[str, float]:
    """gflop_per_step of the training, and gflop_per_image of the likelihood from n_samples samples."""
    config = {
        "run": {"dataset": dataset, "method": "vhp_rewo"},
        "model": network.model,
        "method": network.method,
        "training": network.training | PLANNED,
        "evaluation": {"n_samples": n_samples, "precision": network.training["precision"]},
    }
    with FakeTensorMode():  # shapes, and no numbers
        step, image = cost.step_cost(config, n_dims), cost.image_cost(config, n_dims)
    return {"gflop_per_step": step.flops / 1e9, "gflop_per_image": image.flops / 1e9}
