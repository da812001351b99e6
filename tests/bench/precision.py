"""bf16 and float32 against float64, on a trained model of each method, the same images and the same samples.

Where the processor has no bf16 products, PyTorch computes the same numbers in software, slowly.
"""

import math
from unittest import mock

import torch
from torch import Tensor

from bench import setting
from vhp.device import precision
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.rounding import rounding_error
from vhp.methods import Method
from vhp.training.fit import fit

STEPS, TRAINING_IMAGES, VALIDATION_IMAGES = 400, 10_000, 500
IMAGES, S = 32, 1000
BF16, FLOAT32 = (LikelihoodSettings(S, precision, compile=False) for precision in ("bf16", "float32"))
# Such a short training needs a constraint that is soon fulfilled, and a nu that keeps GECO's beta small until then.
BRIEFLY = {"vhp_rewo": {"kappa": math.sqrt(180 / setting.D)}}
BRIEFLY["vhp_geco"] = BRIEFLY["vhp_rewo"] | {"nu": 0.02}


def trained(name: str, train: Tensor) -> Method:
    """After STEPS steps; always the same."""
    method, val = setting.build(name, train, **BRIEFLY.get(name, {})), train[:VALIDATION_IMAGES]
    train = train[VALIDATION_IMAGES:][:TRAINING_IMAGES]
    epochs = math.ceil(STEPS * setting.BATCH / len(train))
    fit(method, train, val, setting.training(epochs, compile=False), seed=0)
    return method


def table_row(method: Method, test: Tensor) -> dict[str, float]:
    """Nats: log p(x) and its differences to float64, their mean and that of the worst image."""
    x, numbers = test[:IMAGES], torch.arange(IMAGES)
    with mock.patch.object(precision, "has_bf16", lambda device: True):
        rounded = rounding_error(method.model, x, BF16, 0, numbers)
    single = rounding_error(method.model, x, FLOAT32, 0, numbers)
    return {
        "log_likelihood": estimate(method.model, x, FLOAT32, 0, numbers).log_likelihood.mean().item(),
        "bf16_mean": rounded.mean().item(),
        "bf16_worst": rounded[rounded.abs().argmax()].item(),
        "float32_mean": single.mean().item(),
        "float32_worst": single[single.abs().argmax()].item(),
    }
