"""Shared settings of all tests."""

import pytest
import torch

# The tensors are tiny: a second thread costs more than it computes, and takes a core from whatever else runs.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    """Each test draws the same numbers whichever tests ran before it."""
    torch.manual_seed(0)
