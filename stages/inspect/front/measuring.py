"""What a trained network is worth and what it costs: likelihood of validation images, operations, processor time."""

import time
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
from vhp.seeds import EVALUATION_SEED

TIMED_IMAGES, TIMED_SAMPLES = 8, 5_000  # as many samples as the paper's table has
ESTIMATED = ("nll", "nll_se", "nll_mc_se", "ess", "n_low_ess", "precision")  # of vhp.likelihood.summary


def likelihood(model: VAE, val: Tensor, settings: LikelihoodSettings, n_images: int) -> dict[str, Any]:
    """Columns ESTIMATED, n_images, n_samples and seconds_per_image, which is of the processor, for TIMED_SAMPLES.

    Of validation images: a network is chosen by it, and a choice may not have seen the test set.
    """
    index = evaluated_examples(len(val), n_images)
    images = val[index.to(val.device)]
    settings, rounding = exact_enough(model, images, settings, EVALUATION_SEED, index)
    estimated = summary(estimate(model, images, settings, EVALUATION_SEED, index), settings, rounding)
    few = images[:TIMED_IMAGES]
    started = time.process_time()
    estimate(model, few, replace(settings, n_samples=TIMED_SAMPLES), EVALUATION_SEED)
    seconds = (time.process_time() - started) / len(few)
    measured = {name: estimated[name] for name in ESTIMATED}
    return measured | {"n_images": len(index), "n_samples": settings.n_samples, "seconds_per_image": seconds}


def operations(network: Network, dataset: str, n_dims: int) -> dict[str, float]:
    """gflop_per_step of the training, and gflop_per_image of the likelihood from TIMED_SAMPLES samples."""
    config = {
        "run": {"dataset": dataset, "method": "vhp_rewo"},
        "model": network.model,
        "method": network.method,
        "training": network.training | PLANNED,
        "evaluation": {"n_samples": TIMED_SAMPLES, "precision": network.training["precision"]},
    }
    with FakeTensorMode():  # shapes, and no numbers
        step, image = cost.step_cost(config, n_dims), cost.image_cost(config, n_dims)
    return {"gflop_per_step": step.flops / 1e9, "gflop_per_image": image.flops / 1e9}
