"""Rows of a data set as the models want them. uint8 data hold Bernoulli means in units of 1/255."""

import torch
from torch import Tensor


def as_means(rows: Tensor) -> Tensor:
    """float32: of uint8 data the means in [0, 1], of other data the values, (..., D)."""
    return rows.float() / 255 if rows.dtype == torch.uint8 else rows


def examples(data: Tensor, index: Tensor) -> Tensor:
    """Rows of the data as float32, (batch, D).

    uint8 data are binarised at each call with new noise; binary ones do not change, since their means are 0 and 1.
    """
    rows = data[index]
    if data.dtype != torch.uint8:
        return rows
    means = as_means(rows)
    # As torch.bernoulli(means), in a third of its time: rand() is in [0, 1).
    return (torch.rand_like(means) < means).float()
