"""Numbers too small for a float's exponent count as zero while a model is trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Within, this thread takes denormal numbers as zero, where its processor can; afterwards it does not.

    Not even if it did before: torch does not tell. Who had set that sets it again.

    A gradient times a beta of 1e-30, as GECO's is while its constraint fails, is full of them, and each costs a hundred
    times a product: GECO's steps on the pendulum took 3 to 8 times as long.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
