"""Shared settings of all tests."""

import os
import sys

import hypothesis
import numpy as np
import pytest
import torch

# The tensors are tiny: a second thread costs more than it computes, and takes a core from other processes.
torch.set_num_threads(1)

# The same examples in each run, so that a failure is the code's; and no deadline, since a busy machine is not a bug.
hypothesis.settings.register_profile("vhp", derandomize=True, deadline=None)
hypothesis.settings.load_profile("vhp")
# For tests/mutations, which asks whether a test fails and not for the simplest example.
hypothesis.settings.register_profile(
    "unshrunk", derandomize=True, deadline=None, phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate)
)


@pytest.fixture(scope="session", autouse=True)
def no_arguments():
    """A command called in a test gets the arguments that the test sets, and not those of pytest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["command"])
        yield


@pytest.fixture(autouse=True)
def seed():
    """Each test draws the same numbers whichever tests ran before it."""
    torch.manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    """NumPy's, a test's own: what one test draws is no other's beginning."""
    return np.random.default_rng(0)


def pytest_collection_modifyitems(items):
    """Tests on real data run wherever it is."""
    if not os.environ.get("VHP_DATA"):
        for item in items:
            if item.get_closest_marker("real_data"):
                item.add_marker(pytest.mark.skip(reason="VHP_DATA is not set"))
