"""Notices the steps in which a training run diverges, without making any step wait for the device."""

import logging
from collections.abc import Mapping

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

# Of an epoch's steps; one in any case, but for an epoch of one. An image that the encoder suddenly sends far away makes
# one bad step, or two; a run that has diverged makes nothing else.
SKIPPED_SHARE = 0.01


class TrainingDivergedError(RuntimeError):
    """Too many steps had terms beyond any use; the message gives the first one and the last values before it."""


class DivergenceWatch:
    """Sees the terms of every step, and says which steps are not to be taken.

    A step is bad if a term is not finite or beyond its limit. A few in an epoch are skipped; more are a divergence.
    Asked once per epoch, it still knows the first bad step of the epoch and the last good values before it. What it
    needs for that lives on the device.
    """

    def __init__(self, limits: Mapping[str, float], device: torch.device):
        """limits: of the absolute value of each term, by its name; infinity: any finite value is good."""
        self.names = tuple(limits)
        largest = torch.finfo(torch.float32).max
        self.limits = torch.tensor([min(limit, largest) for limit in limits.values()], device=device)
        self.n_bad = torch.zeros((), dtype=torch.int64, device=device)  # since it was last asked
        self.first_bad = torch.zeros_like(self.n_bad)
        # The last good step and its terms: so far, and before the first bad one.
        self.last, self.before = torch.zeros_like(self.n_bad), torch.zeros_like(self.n_bad)
        self.last_values, self.values = (torch.zeros(len(limits), device=device) for _ in range(2))

    def see(self, step: int, values: Tensor) -> Tensor:
        """The terms of a step, (len(limits),), in the order of the limits; gives whether they are good, a scalar."""
        none_bad = self.n_bad == 0
        self.first_bad = torch.where(none_bad, step, self.first_bad)
        self.before = torch.where(none_bad, self.last, self.before)
        self.values = torch.where(none_bad, self.last_values, self.values)
        # NaN is in no order with a limit: it fails the comparison, as infinity does.
        good = (values.abs() <= self.limits).all()
        self.n_bad += ~good
        self.last = torch.where(good, step, self.last)
        self.last_values = torch.where(good, values, self.last_values)
        return good

    def check(self, steps_per_epoch: int) -> int:
        """How many steps of the epoch that ends now were bad. Waits for the device.

        Raises TrainingDivergedError if they are more than SKIPPED_SHARE of the epoch, and more than one or all.
        """
        n_bad = int(self.n_bad)
        if not n_bad:
            return 0
        self.n_bad.zero_()
        bad, step = int(self.first_bad), int(self.before)
        last = {"epoch": _epoch(step, steps_per_epoch), "step": step}
        last |= dict(zip(self.names, self.values.tolist(), strict=True))
        found = (
            f"epoch {_epoch(bad, steps_per_epoch)}, step {bad}: one of {', '.join(self.names)} is not finite "
            f"or beyond use, as in {n_bad} of the epoch's {steps_per_epoch} steps; "
            f"last finite values: {last if step else 'none since it was begun or resumed'}"
        )
        if n_bad > max(1, SKIPPED_SHARE * steps_per_epoch) or n_bad == steps_per_epoch:
            # Untrained networks are right to about 1: what is far from that is beyond their reach.
            first = "standardise data whose values are far from 1, or " if bad == 1 else ""
            raise TrainingDivergedError(f"{found}; {first}lower the learning rate or nu")
        logger.warning("%s; skipped", found)
        return n_bad


def _epoch(step: int, steps_per_epoch: int) -> int:
    return -(-step // steps_per_epoch)
