"""MNIST's files and splits, which Fashion-MNIST shares."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.grey_images import binarised_once
from vhp.datasets.idx import read_idx

N_TRAIN = 50_000  # of MNIST's 60,000 training images; the last 10,000 validate (Salakhutdinov & Murray 2008)


def decode_mnist(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """One idx file of MNIST or of a data set in its form, e.g. {"train-images": (60000, 28, 28) uint8}.

    Raises ValueError with the file's name for anything else.
    """
    (content,) = files.values()
    array = read_idx(item, content)
    part, what, *_ = item.split("-")
    n = {"train": 60_000, "t10k": 10_000}[part]
    expected = (n, 28, 28) if what == "images" else (n,)
    if array.shape != expected:
        raise ValueError(f"{item}: found the shape {array.shape}, expected {expected}")
    return {f"{part}-{what}": array}


def preprocess_mnist(raw: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """train (50000, 784) uint8 grey; val and test (10000, 784) uint8 in {0, 255}; the label (N,) uint8 of each."""
    images, test = (raw[f"{part}-images"].reshape(-1, 784) for part in ("train", "t10k"))
    labels = raw["train-labels"]
    return binarised_once(images[:N_TRAIN], images[N_TRAIN:], test, seed) | {
        "train_label": labels[:N_TRAIN],
        "val_label": labels[N_TRAIN:],
        "test_label": raw["t10k-labels"],
    }
