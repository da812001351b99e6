"""scikit-learn's digits: 1,797 images, 8 x 8, grey values as Bernoulli means."""

from collections.abc import Mapping

import numpy as np

from vhp.binarise import binarise
from vhp.datasets import Source

OBSERVATION = "bernoulli"
IMAGE_SHAPE = (8, 8)
SPLIT = {"train": 1_297, "val": 200, "test": 300}
SEED = 19980701

SOURCE = Source(
    licence="CC BY 4.0",
    citation="Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
    content_sha256="ba596772c55101b3c2e75a3159561f589a67159dc1af14bc9c95842ecaea8b09",
)


def decode(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """images (1797, 64) uint8 in 0..16, row-major, and label (1797,) uint8, as scikit-learn holds them."""
    # Imported here: only this function needs scikit-learn, and a machine that only trains need not have it.
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"images": digits.data.astype(np.uint8), "label": digits.target.astype(np.uint8)}


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train (1297, 64) uint8 grey; val (200, 64) and test (300, 64) binarised once; and their labels."""
    # The order is by writer: shuffled, so that the three splits come from the same distribution.
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(raw["images"]))
    grey = np.rint(raw["images"][order] * (255 / 16)).astype(np.uint8)
    label = raw["label"][order]
    arrays, start = {}, 0
    for i, (split, n) in enumerate(SPLIT.items()):
        images = grey[start : start + n]
        arrays[split] = images if split == "train" else binarise(images, SEED + i)
        arrays[f"{split}_label"] = label[start : start + n]
        start += n
    return arrays
