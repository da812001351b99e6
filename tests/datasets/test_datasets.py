"""The data sets: content, splits, and the pendulum's exact likelihood."""

import math

import numpy as np
import pytest

from vhp import datasets
from vhp.datasets import pendulum
from vhp.datasets.digits import prepare as digits_preparation
from vhp.datasets.grey_images import binarise
from vhp.datasets.pendulum import prepare as pendulum_preparation
from vhp.datasets.sources import load_source


def test_every_data_set_declares_what_the_pipeline_reads():
    for name in datasets.names():
        module, preparation = datasets.load(name), datasets.preparation(name)
        assert module.OBSERVATION in ("bernoulli", "gaussian")
        assert math.prod(module.IMAGE_SHAPE) > 0
        assert callable(preparation.decode) and callable(preparation.preprocess)
        assert load_source(name).items


def test_an_unknown_data_set_is_refused():
    for load in (datasets.load, datasets.preparation, datasets.drawing):
        with pytest.raises(ValueError, match="unknown data set 'mnist'; expected one of digits"):
            load("mnist")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OBSERVATION", "gausian", "OBSERVATION: found 'gausian', expected one of bernoulli, gaussian"),
        ("IMAGE_SHAPE", (64,), r"IMAGE_SHAPE: found \(64,\), expected \(height, width\), in pixels"),
    ],
)
def test_a_data_set_that_does_not_say_what_it_must_is_refused(monkeypatch, name, value, message):
    monkeypatch.setattr(datasets.load("digits"), name, value)
    with pytest.raises(ValueError, match=f"^vhp/datasets/digits/__init__.py, {message}$"):
        datasets.load("digits")


def test_examples_become_pictures_by_their_shape_unless_the_data_set_draws_them():
    x = np.arange(2 * 3 * 64.0).reshape(2, 3, 64)
    np.testing.assert_array_equal(datasets.pictures("digits", x, {}), x.reshape(2, 3, 8, 8))
    assert datasets.drawing("digits") is None and datasets.drawing("motion") is not None


@pytest.mark.parametrize("name", ["digits", "pendulum"])
def test_embedded_content_is_the_registered_one(name):
    (item,) = load_source(name).items
    item.check_arrays(datasets.preparation(name).decode(item.name, {}))


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
    raw = digits_preparation.decode("digits", {})
    arrays = digits_preparation.preprocess(raw)
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
    raw = {"angle": pendulum_preparation.decode("pendulum", {})["angle"]}
    arrays = pendulum_preparation.preprocess(raw)
    noise = arrays["train"] - pendulum.render(arrays["train_angle"])
    n = noise.size
    assert abs(noise.mean()) < 5 * pendulum.NOISE / math.sqrt(n)
    assert abs(noise.std() / pendulum.NOISE - 1) < 5 / math.sqrt(2 * n)


def test_the_pendulums_exact_likelihood_equals_a_plain_integral_and_has_converged():
    x = pendulum_preparation.preprocess(pendulum_preparation.decode("pendulum", {}))["test"][:5]
    grid = np.linspace(-math.pi, math.pi, 20_001)
    for image, found in zip(x, pendulum.log_likelihood(x), strict=True):
        squared = ((image - pendulum.render(grid)) ** 2).sum(1)
        exponent = -0.5 * squared / pendulum.NOISE**2
        integral = np.trapezoid(np.exp(exponent - exponent.max()), grid) / (2 * math.pi)
        constant = -0.5 * 256 * math.log(2 * math.pi * pendulum.NOISE**2)
        assert found == pytest.approx(math.log(integral) + exponent.max() + constant, abs=1e-6)


def test_an_entry_may_have_the_items_of_another_and_its_own_words():
    motion, blocks = load_source("motion"), load_source("motion_blocks")
    assert blocks.items == motion.items and blocks.licence == motion.licence
    assert blocks.title != motion.title and blocks.split != motion.split


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.eye(4, dtype=np.float32),
            r"found float32, expected uint8 grey values from 0 to 255; .*rint\(255 \* x\)",
        ),
        (np.eye(4, dtype=np.uint8), "found uint8 of 0 and 1, expected grey values from 0 to 255: multiply by 255"),
    ],
)
def test_what_is_no_grey_image_is_not_binarised(images, message):
    with pytest.raises(ValueError, match=message):
        binarise(images, seed=0)
