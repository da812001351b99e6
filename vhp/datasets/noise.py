"""Gaussian noise that real-valued training examples get anew in each batch, as grey images are binarised anew."""

import torch
from torch import Tensor


def with_noise(x: Tensor, noise: Tensor | None) -> Tensor:
    """x + noise * N(0, I): x (batch, D); noise (D,), standard deviations in the data's unit, or None for none.

    Draws from torch's generator, which the training seeds at each epoch.
    """
    return x if noise is None else x + noise * torch.randn_like(x)


def check_noise(noise: Tensor | None, train: Tensor) -> None:
    """Raises ValueError, with what was found and what was expected, for noise that training data cannot get."""
    if noise is None:
        return
    if train.dtype == torch.uint8:
        raise ValueError("noise: found it for uint8 training data, expected none: they are binarised anew instead")
    if noise.shape != train.shape[1:]:
        raise ValueError(f"noise: found the shape {tuple(noise.shape)}, expected {tuple(train.shape[1:])}")
    if not (noise.isfinite() & (noise >= 0)).all():
        raise ValueError(f"noise: found {noise.min().item():g} to {noise.max().item():g}, expected numbers from 0")
