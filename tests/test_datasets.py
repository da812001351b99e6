"""The data sets: content, splits, and the pendulum's exact likelihood."""

import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest

from vhp import datasets
from vhp.binarise import binarise
from vhp.datasets import digits, pendulum, static_mnist


def test_every_data_set_declares_what_the_pipeline_reads():
    for name in datasets.names():
        module = datasets.load(name)
        assert module.OBSERVATION in ("bernoulli", "gaussian")
        assert len(module.SOURCE.content_sha256) == 64
        assert math.prod(module.IMAGE_SHAPE) > 0


def test_an_unknown_and_an_unfinished_data_set_are_told_apart():
    with pytest.raises(ValueError, match="unknown data set 'mnist'; expected one of digits"):
        datasets.load("mnist")
    with pytest.raises(NotImplementedError, match="'omniglot' is not implemented"):
        datasets.load("omniglot")


@pytest.mark.parametrize("module", [digits, pendulum])
def test_embedded_content_is_the_registered_one(module):
    assert datasets.content_sha256(module.decode({})) == module.SOURCE.content_sha256


def test_the_content_hash_sees_values_shapes_types_and_names():
    a = np.arange(6, dtype=np.uint8)
    hashes = {
        datasets.content_sha256({"a": a}),
        datasets.content_sha256({"b": a}),
        datasets.content_sha256({"a": a.reshape(2, 3)}),
        datasets.content_sha256({"a": a.astype(np.int8)}),
        datasets.content_sha256({"a": a[::-1]}),
    }
    assert len(hashes) == 5
    assert datasets.content_sha256({"a": a[::-1][::-1]}) in hashes


def test_digits_are_split_without_loss():
    raw = digits.decode({})
    arrays = digits.preprocess(raw)
    assert [arrays[s].shape for s in ("train", "val", "test")] == [(1297, 64), (200, 64), (300, 64)]
    counts = sum(np.bincount(arrays[f"{s}_label"], minlength=10) for s in ("train", "val", "test"))
    np.testing.assert_array_equal(counts, np.bincount(raw["label"], minlength=10))
    assert arrays["train"].max() == 255 and len(np.unique(arrays["train"])) == 17
    assert set(np.unique(arrays["test"])) == {0, 255}
    # Binarisation keeps the mean; 200 x 64 pixels have a standard error of at most 0.5 / sqrt(12,800).
    assert abs(arrays["val"].mean() / 255 - raw["images"].mean() / 16) < 5 * 0.5 / math.sqrt(200 * 64)


def test_binarisation_draws_each_pixel_with_its_grey_value_and_repeats_itself():
    grey = np.tile(np.array([0, 51, 204, 255], np.uint8), (20_000, 1))
    drawn = binarise(grey, seed=3)
    np.testing.assert_array_equal(drawn, binarise(grey, seed=3))
    share = (drawn == 255).mean(0)
    assert share[0] == 0 and share[3] == 1
    np.testing.assert_allclose(share[1:3], [0.2, 0.8], atol=4 * 0.4 / math.sqrt(20_000))


def test_the_pendulum_points_where_its_angle_says():
    height, width = pendulum.IMAGE_SHAPE
    angles = np.array([0, math.pi / 2, math.pi, -math.pi / 2])
    images = pendulum.render(angles).reshape(-1, height, width)
    y, x = np.mgrid[:height, :width]
    x, y = x - (width - 1) / 2, (height - 1) / 2 - y
    total = images.sum((1, 2))
    centre = np.stack([(images * x).sum((1, 2)) / total, (images * y).sum((1, 2)) / total], 1)
    found = np.arctan2(centre[:, 1], centre[:, 0])
    np.testing.assert_allclose(found % (2 * math.pi), angles % (2 * math.pi), atol=1e-9)
    assert images.min() >= 0 and images.max() <= 1


def test_the_pendulums_noise_is_as_stated():
    raw = {"angle": pendulum.decode({})["angle"]}
    arrays = pendulum.preprocess(raw)
    noise = arrays["train"] - pendulum.render(arrays["train_angle"])
    n = noise.size
    assert abs(noise.mean()) < 5 * pendulum.NOISE / math.sqrt(n)
    assert abs(noise.std() / pendulum.NOISE - 1) < 5 / math.sqrt(2 * n)


def test_the_pendulums_exact_likelihood_equals_a_plain_integral_and_has_converged():
    x = pendulum.preprocess(pendulum.decode({}))["test"][:5]
    grid = np.linspace(-math.pi, math.pi, 20_001)
    for image, found in zip(x, pendulum.log_likelihood(x), strict=True):
        squared = ((image - pendulum.render(grid)) ** 2).sum(1)
        exponent = -0.5 * squared / pendulum.NOISE**2
        integral = np.trapezoid(np.exp(exponent - exponent.max()), grid) / (2 * math.pi)
        constant = -0.5 * 256 * math.log(2 * math.pi * pendulum.NOISE**2)
        assert found == pytest.approx(math.log(integral) + exponent.max() + constant, abs=1e-6)


def line(bits) -> bytes:
    return b" ".join(str(b).encode() for b in bits) + b"\n"


def test_amat_texts_are_read_plain_and_compressed():
    bits = np.random.default_rng(0).integers(0, 2, (3, 784))
    text = b"".join(line(row) for row in bits)
    for content in (text, gzip.compress(text)):
        np.testing.assert_array_equal(static_mnist._parse("x.amat", content), bits)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.amat: found 0 bytes"),
        (line([0, 1] * 392)[:-2], "x.amat: found 1566 bytes, expected a multiple of 1568"),
        (line([0, 7] * 392), "characters other than 0 and 1"),
        (b"<html>" + b" " * 1562, "characters other than 0 and 1"),
        (gzip.compress(line([0] * 784))[:-9], "gzip stream is damaged"),
    ],
)
def test_damaged_amat_texts_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        static_mnist._parse("x.amat", content)


@pytest.mark.real_data
def test_static_mnist_is_complete():
    folder = Path(os.environ["VHP_DATA"], "static_mnist")
    files = {file.name: (folder / f"{file.name}.gz").read_bytes() for file in static_mnist.SOURCE.files}
    raw = static_mnist.decode(files)
    assert datasets.content_sha256(raw) == static_mnist.SOURCE.content_sha256
    arrays = static_mnist.preprocess(raw)
    assert {s: arrays[s].shape for s in ("train", "val", "test")} == {
        "train": (50_000, 784),
        "val": (10_000, 784),
        "test": (10_000, 784),
    }
    assert all(set(np.unique(arrays[s])) == {0, 255} for s in arrays)
