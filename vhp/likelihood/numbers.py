"""The noise of each image, and the numbers of images, from which it is drawn beside the seed."""

from collections.abc import Iterable

import torch
from torch import Tensor

from vhp.seeds import STRIDE, numbered


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


def noise(seed: int, numbers: Iterable[int], n_samples: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal noise (n_samples, batch, width) that depends on the seed and each image's number alone.

    So an image's estimate is the same in any batch and any order. The noise is made on the device: CPUs agree on it,
    and so do GPUs, but not the ones with the others.
    """
    generator = torch.Generator(device)
    columns = []
    for number in numbers:
        generator.manual_seed(numbered(seed, number))
        columns.append(torch.randn(n_samples, width, generator=generator, device=device))
    return torch.stack(columns, 1)
