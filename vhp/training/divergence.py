"""Notices the step in which a training run diverges, without making any step wait for the device."""

from collections.abc import Mapping

import torch
from torch import Tensor


class TrainingDivergedError(RuntimeError):
    """A term of the loss is not finite or far beyond any use; the message gives the step and the last values before."""


class DivergenceWatch:
    """Sees the terms of every step. Asked once per epoch, it still knows the first bad step and the last good values.

    What it needs for that lives on the device.
    """

    def __init__(self, limits: Mapping[str, float], device: torch.device):
        """limits: of the absolute value of each term, by its name; infinity: any finite value is good."""
        self.names = tuple(limits)
        largest = torch.finfo(torch.float32).max
        self.limits = torch.tensor([min(limit, largest) for limit in limits.values()], device=device)
        self.good = torch.tensor(True, device=device)
        self.step = torch.tensor(0, device=device)  # the last one before a bad one
        self.values = torch.zeros(len(limits), device=device)  # its terms

    def see(self, step: int, values: Tensor) -> None:
        """The terms of a step, (len(limits),), in the order of the limits."""
        # NaN is in no order with a limit: it fails the comparison, as infinity does.
        self.good &= (values.abs() <= self.limits).all()
        self.step = torch.where(self.good, step, self.step)
        self.values = torch.where(self.good, values, self.values)

    def check(self, steps_per_epoch: int) -> None:
        """Raises TrainingDivergedError if one of the steps was bad. Waits for the device."""
        if bool(self.good):
            return
        step = int(self.step)
        last = {"epoch": _epoch(step, steps_per_epoch), "step": step}
        last |= dict(zip(self.names, self.values.tolist(), strict=True))
        raise TrainingDivergedError(
            f"epoch {_epoch(step + 1, steps_per_epoch)}, step {step + 1}: one of {', '.join(self.names)} is not finite "
            f"or beyond use; last finite values: {last if step else 'none'}; lower the learning rate or nu"
        )


def _epoch(step: int, steps_per_epoch: int) -> int:
    return -(-step // steps_per_epoch)
