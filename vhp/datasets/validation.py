"""Are these arrays data that a model can be trained or measured on? Asked once, before hours are spent on them."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

CHUNK = 2**24  # values that are looked at at once: what is made of them stays small


class Expected(NamedTuple):
    """What the rows of an array are to be."""

    n_dims: int
    unit_interval: bool  # of the model's observation: Bernoulli, so x is 0 or 1
    dtype: torch.dtype = torch.float32  # of floats, beside float32
    binary: bool = False  # uint8 data are binarised already: those that a model is measured on


def check_examples(name: str, x: Tensor, expected: Expected) -> None:
    """Raises ValueError, which names the array, its row, what was found and what was expected, and how to mend it.

    x: (N, D). For a Bernoulli observation uint8, 255 times the probability of a one, or floats that are 0 or 1; for a
    Gaussian one finite floats.
    """
    if x.ndim != 2 or x.shape[1] != expected.n_dims:
        raise ValueError(f"{name}: found the shape {tuple(x.shape)}, expected (N, {expected.n_dims})")
    if len(x) == 0:
        raise ValueError(f"{name}: found no examples, expected at least one")
    if x.dtype == torch.uint8 and expected.unit_interval:
        _check_means(name, x, expected.binary)
    elif x.dtype in (torch.float32, expected.dtype):
        _check_floats(name, x, expected.unit_interval)
    else:
        kinds = "uint8, 255 times the probability of a one" if expected.unit_interval else "float32"
        what = "Bernoulli" if expected.unit_interval else "Gaussian"
        found = str(x.dtype).removeprefix("torch.")
        raise ValueError(f"{name}: found {found}, expected {kinds}: the model's observation is {what}")


def _check_means(name: str, x: Tensor, binary: bool) -> None:
    if x.max() == 1:
        raise ValueError(f"{name}: found uint8 of 0 and 1, expected 0 and 255: multiply by 255")
    if binary:
        advice = "binarise them once, with a seed (vhp.datasets.grey_images.binarise)"
        for start, rows in _chunks(x):
            _refuse(name, x, start, (rows != 0) & (rows != 255), f"0 and 255 only, no grey values: {advice}")


def _check_floats(name: str, x: Tensor, unit_interval: bool) -> None:
    for start, rows in _chunks(x):
        _refuse(name, x, start, ~rows.isfinite(), "finite numbers")
        if unit_interval:
            expected = "0 or 1: the model's observation is Bernoulli (grey values are uint8, 255 times the probability)"
            _refuse(name, x, start, (rows != 0) & (rows != 1), expected)


def _chunks(x: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Rows, and the number of the first one."""
    size = max(1, CHUNK // x.shape[1])
    return ((start, x[start : start + size]) for start in range(0, len(x), size))


def _refuse(name: str, x: Tensor, start: int, wrong: Tensor, expected: str) -> None:
    """wrong: of the rows of x from start on."""
    if wrong.any():
        row, column = wrong.nonzero()[0].tolist()
        found = x[start + row, column].item()
        raise ValueError(f"{name}, row {start + row}, column {column}: found {found:g}, expected {expected}")
