"""The numbers of images: what the noise of each is drawn from, beside the seed."""

import torch
from torch import Tensor

from vhp.seeds import STRIDE


def image_numbers(numbers: Tensor | None, n: int) -> Tensor:
    """(n,) integers from 0 to STRIDE - 1: those given, by default the images' positions.

    Raises ValueError for anything else: a larger number would have the noise of another seed's image.
    """
    if numbers is None:
        return torch.arange(n)
    if not isinstance(numbers, Tensor):
        raise ValueError(f"numbers: found a {type(numbers).__name__}, expected a tensor: torch.tensor(numbers)")
    if numbers.shape != (n,):
        raise ValueError(f"numbers: found the shape {tuple(numbers.shape)}, expected ({n},), one for each image")
    if numbers.dtype == torch.bool or numbers.is_floating_point() or numbers.is_complex():
        found = str(numbers.dtype).removeprefix("torch.")
        raise ValueError(f"numbers: found {found}, expected integers: numbers.long()")
    if n and (numbers.min() < 0 or numbers.max() >= STRIDE):
        found = f"{numbers.min().item()} to {numbers.max().item()}"
        raise ValueError(f"numbers: found {found}, expected integers from 0 to {STRIDE - 1}, for instance positions")
    return numbers
