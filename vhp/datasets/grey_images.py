"""Grey images as Bernoulli means, and their one-time binarisation: what the image data sets have in common."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.idx import read_idx

N_TRAIN = 50_000  # of MNIST's 60,000 training images; the last 10,000 validate (Salakhutdinov & Murray 2008)
N_OMNIGLOT_VAL = 1_345
OMNIGLOT_SEED = 20151211


def binarise(images: np.ndarray, seed: int) -> np.ndarray:
    """uint8 grey (N, D) -> uint8 in {0, 255}, each pixel drawn once with probability grey / 255.

    Raises ValueError for an array that is not grey values from 0 to 255, such as floats or 0 and 1.
    """
    if images.dtype != np.uint8:
        how = "of means in [0, 1]: np.rint(255 * x).astype(np.uint8)"
        raise ValueError(f"images: found {images.dtype}, expected uint8 grey values from 0 to 255; {how}")
    if images.max(initial=0) == 1:
        raise ValueError("images: found uint8 of 0 and 1, expected grey values from 0 to 255: multiply by 255")
    uniform = np.random.Generator(np.random.PCG64(seed)).random(images.shape)
    return np.where(uniform * 255 < images, np.uint8(255), np.uint8(0))


def binarised_once(train: np.ndarray, val: np.ndarray, test: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """uint8 grey images (N, D): train stays grey, val and test are drawn once, from seed + 1 and seed + 2."""
    return {"train": train, "val": binarise(val, seed + 1), "test": binarise(test, seed + 2)}


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


def burda_splits(train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """OMNIGLOT's 24,345 training images (N, 784) uint8 grey in 23,000 and, drawn at random, 1,345 for validation.

    At random, because the images are in the order of the alphabets.
    """
    order = np.random.Generator(np.random.PCG64(OMNIGLOT_SEED)).permutation(len(train))
    return binarised_once(train[order[N_OMNIGLOT_VAL:]], train[order[:N_OMNIGLOT_VAL]], test, OMNIGLOT_SEED)
