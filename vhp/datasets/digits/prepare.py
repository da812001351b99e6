"""The digits that are part of scikit-learn."""

from collections.abc import Mapping

import numpy as np
from sklearn.datasets import load_digits

from vhp.datasets.grey_images import binarised_once

SPLIT = {"train": 1_297, "val": 200, "test": 300}
SEED = 19980701


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """images (1797, 64) uint8 in 0..16, row-major, and label (1797,) uint8, as scikit-learn holds them."""
    digits = load_digits()
    return {"images": digits.data.astype(np.uint8), "label": digits.target.astype(np.uint8)}


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train (1297, 64) uint8 grey; val (200, 64) and test (300, 64) binarised once; and their labels."""
    # The order is by writer: shuffled, so that the three splits come from the same distribution.
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(raw["images"]))
    ends = np.cumsum(list(SPLIT.values()))[:-1]
    grey = np.split(np.rint(raw["images"][order] * (255 / 16)).astype(np.uint8), ends)
    labels = np.split(raw["label"][order], ends)
    train, val, test = grey
    named = {f"{split}_label": label for split, label in zip(SPLIT, labels, strict=True)}
    return binarised_once(train, val, test, SEED) | named
