"""Denormal numbers are zero within, and themselves before and after, whatever ends it."""

import pytest
import torch

from vhp.device.denormals import flushed_denormals


def half_of_the_smallest() -> float:
    return (torch.full((8,), torch.finfo(torch.float32).tiny) * 0.5).max().item()


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor cannot flush denormal numbers")
def test_denormals_are_zero_within_and_only_there():
    assert half_of_the_smallest() > 0
    with pytest.raises(RuntimeError), flushed_denormals():
        assert half_of_the_smallest() == 0
        raise RuntimeError
    assert half_of_the_smallest() > 0
