"""What keeps a GPU busy, checked without one: nothing in a loop waits for a number from the device.

Each `.item()`, `bool(tensor)` and copy between devices is an operation that a dispatch mode sees.
"""

import pytest
import tiny
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.training.fit import Training
from vhp.training.gradient import gradient_norm

SETTINGS = tiny.training(epochs=3, learning_rate=1e-2, gradient_limit=5.0)


class Waits(TorchDispatchMode):
    """Counts the operations that make the host wait for the device, and those that move data between them."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        reads = function in (
            torch.ops.aten._local_scalar_dense.default,
            torch.ops.aten.nonzero.default,
            torch.ops.aten.masked_select.default,
        )
        moves = function is torch.ops.aten._to_copy.default and kwargs.get("device", args[0].device) != args[0].device
        if reads or moves:
            self.names.append(str(function))
        return function(*args, **kwargs)


def waits(run):
    with Waits() as found:
        run()
    return found.names


class SaysGpu(torch.Tensor):
    """For code that looks at a number where that costs nothing. What is computed from it says so no more."""

    is_cuda = True
    __torch_function__ = torch._C._disabled_torch_function_impl


@pytest.fixture(autouse=True)
def norm_on_a_gpu(monkeypatch):
    """The gradient's norm, which on a CPU is looked at in every step."""
    monkeypatch.setattr("vhp.training.fit.gradient_norm", lambda p: gradient_norm(p).as_subclass(SaysGpu))


def test_a_number_that_is_read_is_seen():
    """Or the tests below would show nothing."""
    one = torch.ones(())
    assert waits(lambda: bool(one > 0)) and waits(one.item)
    assert waits(lambda: one.to("meta"))
    assert waits(one.as_subclass(SaysGpu).item)
    assert not waits(lambda: one + 1)


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_no_training_step_waits_for_the_device(name):
    """An epoch of four steps and one of twelve read the same few numbers, those of the epoch's end."""
    counts = []
    for n in (64, 192):
        torch.manual_seed(0)
        training = Training(tiny.build(name), tiny.patterns(n), SETTINGS, seed=1)
        training.epoch(1)
        counts.append(len(waits(lambda training=training: training.epoch(2))))
    assert counts[0] == counts[1] <= 4


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_rewos_initial_phase_waits_no_more_than_the_main_phase(name):
    """The first epoch, in which every method's phase is still to be read, costs two numbers more."""
    torch.manual_seed(0)
    training = Training(tiny.build(name), tiny.patterns(192), SETTINGS, seed=1)
    assert len(waits(lambda: training.epoch(1))) <= 4


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_no_chunk_of_samples_waits_for_the_device(name, monkeypatch):
    """Chunks of five samples and of fifty: the number of reads is that of the images' numbers."""
    model, x, counts = tiny.build(name).model, tiny.patterns(3), []
    for rows in (5, 50):
        monkeypatch.setattr("vhp.likelihood.chunks.CHUNK_BYTES", rows * 4 * model.floats_per_decode)
        options = LikelihoodSettings(n_samples=50, precision="float32", compile=False)
        counts.append(len(waits(lambda options=options: estimate(model, x, options, seed=1))))
    assert counts[0] == counts[1]
