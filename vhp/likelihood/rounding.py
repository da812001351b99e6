"""Whether a precision may be used: its estimates against float64, on the same images and the same samples."""

import copy
import logging
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from vhp.device.precision import usable
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model.vae import VAE

logger = logging.getLogger(__name__)

# Mean difference to float64 above which a precision is not used; the table's last digit is 0.01 nats.
ALLOWED_NATS = 0.02
# Enough test examples for it: the differences of single images are some hundredths of a nat, too.
N_CHECKED = 32


def rounding_error(model: VAE, test: Tensor, settings: LikelihoodSettings, seed: int, numbers: Tensor) -> Tensor:
    """The estimate of log p(x) with these settings minus that in float64 from the same noise: (N,), nats.

    Arguments as those of vhp.likelihood.estimate.
    """
    exact = replace(settings, precision="float32", compile=False)
    reference = estimate(copy.deepcopy(model).double(), test, exact, seed, numbers, dtype=torch.float64)
    return estimate(model, test, settings, seed, numbers).log_likelihood - reference.log_likelihood


def exact_enough(
    model: VAE,
    test: Tensor,
    settings: LikelihoodSettings,
    seed: int,
    numbers: Tensor,
    errors_of: Callable[..., Tensor] = rounding_error,
) -> tuple[LikelihoodSettings, Tensor | None]:
    """The settings with a precision that this machine has and that is exact enough, and the errors measured, if any.

    errors_of: measures the errors of an estimate, with the arguments before it.

    A rounded precision is tried on N_CHECKED examples spread over the test set. If their mean error is above
    ALLOWED_NATS, the settings returned are those of float32, with a warning.
    """
    settings = replace(settings, precision=usable(settings.precision, test.device))
    if settings.precision == "float32":
        return settings, None
    chosen = torch.linspace(0, len(test) - 1, min(N_CHECKED, len(test))).long()
    errors = errors_of(model, test[chosen.to(test.device)], settings, seed, numbers[chosen])
    mean = abs(errors.mean().item())
    if not mean <= ALLOWED_NATS:  # nor if it is no number
        found = f"on {len(errors)} images it changes log p(x) by {mean:.3f} nats in the mean, {ALLOWED_NATS} allowed"
        logger.warning("%s is not used: %s; running in float32", settings.precision, found)
        settings = replace(settings, precision="float32")
    return settings, errors
