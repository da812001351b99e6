"""Arrays of every kind that a user may have: understood, or refused in words."""

import numpy as np
import pytest
import torch

from vhp.datasets.arrays import rows
from vhp.datasets.batches import as_means

GREY = np.array([[0, 51, 255, 102]], np.uint8)


@pytest.mark.parametrize(
    "x",
    [
        GREY,
        torch.from_numpy(GREY),
        GREY.reshape(1, 2, 2),
        GREY / 255,
        (GREY / 255).astype(np.float32),
        (GREY / 255).tolist(),
        torch.tensor(GREY / 255, requires_grad=True),
        np.asfortranarray(GREY),
        (GREY / 255).astype(">f8"),
    ],
    ids=["uint8", "tensor", "image", "float64", "float32", "list", "with-gradient", "fortran", "big-endian"],
)
def test_grey_values_mean_the_same_in_any_form(x):
    found = as_means(rows("x", x, 4, unit_interval=True))
    assert found.shape == (1, 4) and found.dtype == torch.float32 and not found.requires_grad
    torch.testing.assert_close(found, torch.tensor([[0, 0.2, 1, 0.4]]), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", [bool, np.float64, np.float32, np.float16])
def test_binary_pixels_mean_the_same_in_any_form(kind):
    ones = np.array([[0, 1, 1], [1, 0, 0]])
    expected = rows("x", (255 * ones).astype(np.uint8), 3, unit_interval=True, binary=True)
    found = rows("x", ones.astype(kind), 3, unit_interval=True, binary=True)
    assert torch.equal(as_means(found), as_means(expected))


def test_real_values_are_taken_as_they_are():
    x = np.array([[-2.5, 300.0]])
    assert torch.equal(rows("x", x, 2, unit_interval=False), torch.tensor([[-2.5, 300.0]]))


def test_an_array_that_cannot_be_written_to_is_copied(tmp_path, recwarn):
    np.save(tmp_path / "x.npy", GREY)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert torch.equal(rows("x", mapped, 4, unit_interval=True), torch.from_numpy(GREY)) and not recwarn.list


REFUSED = [
    (np.ones((2, 3), bool), False, False, "found bool, expected floats"),
    (
        255.0 * np.ones((2, 3)),
        True,
        False,
        "row 0, column 0: found 255, expected a probability from 0 to 1; grey.*uint8",
    ),
    (np.full((1, 3), np.nan), True, False, "row 0, column 0: found nan, expected a probability"),
    (np.ones((2, 3), np.uint8), True, False, "found uint8 of 0 and 1, expected 0 and 255: multiply by 255"),
    (np.ones((2, 3), np.int64), True, False, "found int64, expected uint8, floats or bool"),
    (np.ones((2, 3), ">u4"), True, False, "found >u4|found uint32, expected uint8, floats or bool"),
    (np.array([["a", "b", "c"]]), True, False, "expected uint8, floats or bool"),
    (np.ones((2, 3), np.uint8), False, False, "found uint8, expected float32: the model's observation is Gaussian"),
    (np.full((1, 3), np.inf), False, False, "found inf, expected finite numbers"),
    (np.full((1, 3), 1 + 1j), False, False, "found complex128, expected floats"),
    (
        np.full((1, 3), 128, np.uint8),
        True,
        True,
        "found 128, expected 0 and 255 only.*vhp.datasets.grey_images.binarise",
    ),
    (np.full((1, 3), 0.5), True, True, "found 0.5, expected 0 or 1"),
    (np.zeros(3), True, False, r"found the shape \(3,\), expected \(N, 3\).*array of N = 1"),
    (np.zeros((3, 2, 2)), True, False, r"found the shape \(3, 2, 2\), expected \(N, 3\)"),
    (np.zeros((0, 3), np.uint8), True, True, "found no examples"),
]


@pytest.mark.parametrize(("x", "unit_interval", "binary", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_meant_is_refused_in_words(x, unit_interval, binary, message):
    with pytest.raises(ValueError, match=f"mine.*{message}"):
        rows("mine", x, 3, unit_interval, binary)


def test_the_advice_names_a_function_that_exists():
    from vhp.datasets.grey_images import binarise

    grey = np.full((1, 3), 128, np.uint8)
    assert rows("mine", binarise(grey, seed=0), 3, unit_interval=True, binary=True).shape == (1, 3)
