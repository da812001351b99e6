"""The real files behind VHP_DATA: every item has its registered content, and the splits are what the papers used."""

import os
from pathlib import Path

import numpy as np
import pytest

from stages.download import from_mirror
from vhp import datasets
from vhp.datasets.omniglot import prepare as omniglot
from vhp.datasets.sources import load_source

pytestmark = pytest.mark.real_data

COUNTS = {
    "static_mnist": (50_000, 10_000, 10_000),
    "dynamic_mnist": (50_000, 10_000, 10_000),
    "fashion_mnist": (50_000, 10_000, 10_000),
    "omniglot": (23_000, 1_345, 8_070),
}


def mirror() -> Path:
    return Path(os.environ["VHP_DATA"])


ROOT = Path(__file__).parents[2]


def card(name: str) -> str:
    """The committed card, with the checksum of the arrays as they should be."""
    return (ROOT / "data" / "cards" / f"{name}.md").read_text()


def raw(name: str) -> dict[str, np.ndarray]:
    decode = datasets.preparation(name).decode
    arrays = {}
    for item in load_source(name).items:
        arrays |= from_mirror(mirror(), item, decode)  # raises unless the content is the registered one
    return arrays


@pytest.mark.parametrize("name", COUNTS)
def test_image_data_sets_are_complete_and_repeat_themselves(name):
    content = raw(name)
    preprocess = datasets.preparation(name).preprocess
    arrays = preprocess(content)
    assert tuple(arrays[s].shape for s in ("train", "val", "test")) == tuple((n, 784) for n in COUNTS[name])
    assert all(arrays[s].dtype == np.uint8 for s in ("train", "val", "test"))
    assert set(np.unique(arrays["val"])) == set(np.unique(arrays["test"])) == {0, 255}
    assert (len(np.unique(arrays["train"])) > 2) == (name != "static_mnist")
    # Binarisation and a random split keep the mean.
    for split in ("val", "test"):
        assert arrays[split].mean() == pytest.approx(arrays["train"].mean(), rel=0.04)
    assert datasets.content_sha256(preprocess(content)) == datasets.content_sha256(arrays)
    assert f"`{datasets.content_sha256(arrays)}`" in card(name)


@pytest.mark.parametrize("name", ["motion", "motion_blocks"])
def test_the_prepared_motion_data_are_those_of_their_card(name):
    arrays = datasets.preparation(name).preprocess(raw("motion"))
    assert f"`{datasets.content_sha256(arrays)}`" in card(name)


def test_dynamic_mnist_is_in_its_own_order_and_binarised_by_its_grey_values():
    content = raw("dynamic_mnist")
    arrays = datasets.preparation("dynamic_mnist").preprocess(content)
    np.testing.assert_array_equal(arrays["train"], content["train-images"][:50_000].reshape(-1, 784))
    assert arrays["train_label"][:5].tolist() == [5, 0, 4, 1, 9]
    for split, grey in (("val", content["train-images"][50_000:]), ("test", content["t10k-images"])):
        grey = grey.reshape(-1, 784)
        assert (arrays[split][grey == 0] == 0).all() and (arrays[split][grey == 255] == 255).all()
        # The mean of all pixels: its standard error is that of independent draws.
        error = np.sqrt((grey / 255 * (1 - grey / 255)).sum()) / grey.size
        assert abs(arrays[split].mean() / 255 - grey.mean() / 255) < 4 * error


def test_omniglot_equals_the_provided_reduction_in_every_byte():
    with np.load(mirror() / "omniglot" / "omniglot_28x28_bicubic.npz", allow_pickle=False) as provided:
        train, test = omniglot.reduced(raw("omniglot"))
        np.testing.assert_array_equal(train, provided["train"].reshape(-1, 784))
        np.testing.assert_array_equal(test, provided["test"].reshape(-1, 784))


def test_omniglot_is_split_without_loss():
    content = raw("omniglot")
    train, _ = omniglot.reduced(content)
    arrays = omniglot.preprocess(content)
    rows = {row.tobytes() for row in train}
    found = {row.tobytes() for row in arrays["train"]}
    # 24,345 - 1,345; a few drawings look the same once they are reduced.
    assert len(found) == pytest.approx(23_000, abs=5) and found < rows
