"""A user's array as the rows that models take: uint8 and floats of any shape and kind, or a refusal in words."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from vhp.datasets.validation import Expected, check_examples


def rows(name: str, x: Any, n_dims: int, unit_interval: bool, binary: bool = False) -> Tensor:
    """(N, n_dims) uint8 or float32, of an array or tensor (N, ...) whose further axes have n_dims numbers together.

    unit_interval: of the model's observation. Where it is true, uint8 are 255 times the probability of a one, floats
    the probability itself and bool the pixels; binary: neither is between its ends. Where it is false, floats are
    values in the data's unit, and uint8 is refused. Raises ValueError, which names the array, what was found and what
    was expected.
    """
    array = x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)
    if (array.dtype.kind == "b" and unit_interval) or (array.dtype.kind == "f" and array.dtype != np.float32):
        array = array.astype(np.float32)
    if array.dtype.kind not in "uf" or array.dtype not in (np.uint8, np.float32):
        kinds = "uint8, floats or bool" if unit_interval else "floats"
        raise ValueError(f"{name}: found {array.dtype}, expected {kinds}")
    if array.ndim < 2 or int(np.prod(array.shape[1:])) != n_dims:
        raise ValueError(
            f"{name}: found the shape {array.shape}, expected (N, {n_dims}) or images of {n_dims} pixels; one example "
            "is an array of N = 1"
        )
    # A copy where torch could not write: of a memory map, or of another order in memory.
    tensor = torch.from_numpy(np.require(array.reshape(len(array), n_dims), requirements=("C", "W")))
    if unit_interval and not binary and tensor.dtype == torch.float32:
        _check_probabilities(name, tensor)
    else:
        check_examples(name, tensor, Expected(n_dims, unit_interval, binary=binary))
    return tensor


def _check_probabilities(name: str, x: Tensor) -> None:
    wrong = ~((x >= 0) & (x <= 1))  # NaN, too
    if wrong.any():
        row, column = wrong.nonzero()[0].tolist()
        raise ValueError(
            f"{name}, row {row}, column {column}: found {x[row, column].item():g}, expected a probability from 0 to 1; "
            "grey values from 0 to 255 are uint8"
        )
