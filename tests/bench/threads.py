"""The same training and evaluation on one thread and on two: the same likelihood within its error.

Often the same to the last bit: products are split among threads by rows, and not by the terms of their sums.
"""

import math

import torch
from torch import Tensor

from bench.precision import FLOAT32, trained
from vhp.likelihood.estimate import estimate

IMAGES = 100


def compare(name: str, train: Tensor, test: Tensor) -> dict[str, float]:
    """Nats: the two NLLs, and the standard error of one over the test images."""
    before, results = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(estimate(trained(name, train).model, test[:IMAGES], FLOAT32, 0).log_likelihood)
    torch.set_num_threads(before)
    return {
        "nll_1_thread": -results[0].mean().item(),
        "nll_2_threads": -results[1].mean().item(),
        "standard_error": results[0].std().item() / math.sqrt(len(results[0])),
    }
