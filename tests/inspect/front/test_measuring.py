"""What a likelihood costs: the time of its images, without that of compiling."""

import pytest
import torch

from stages.inspect.front import measuring
from stages.inspect.front.table import NETWORKS, read


@pytest.mark.parametrize(
    ("readings", "sizes", "expected"),
    [([0, 30, 32, 34, 35], [4, 4, 4, 2], (35 - 30) / 10), ([0, 30], [4], 30 / 4), ([5, 6, 7], [1, 1], 1)],
)
def test_the_first_batch_counts_only_where_there_is_no_other(monkeypatch, readings, sizes, expected):
    times = iter(readings)
    monkeypatch.setattr(measuring.time, "process_time", lambda: float(next(times)))
    stopwatch, batches = measuring.Stopwatch(), [torch.arange(n) for n in sizes]
    assert list(stopwatch(batches)) == batches
    assert stopwatch.seconds_per_image() == pytest.approx(expected)


def test_operations_are_those_of_the_layers():
    """Of an encoder that is not run again, and of a decoder and its prior for each of the samples."""
    n, network = 7, read(NETWORKS, "static_mnist")["patch"]
    found = measuring.operations(network, "static_mnist", 784, n)
    d, hidden, places, channels = 32, 256, 49, 48
    decoder = d * 2 * hidden + hidden * places * channels + places * 9 * channels * (2 * 2 * channels + 16)
    prior = 2 * (d * 256 + 128 * 256 + 128 * 2 * d)
    assert found["gflop_per_image"] * 1e9 == pytest.approx(2 * n * (decoder + prior))
    larger = measuring.operations(read(NETWORKS, "static_mnist")["patch-encoder-64-3"], "static_mnist", 784, n)
    assert larger["gflop_per_image"] == found["gflop_per_image"] and larger["gflop_per_step"] > found["gflop_per_step"]
