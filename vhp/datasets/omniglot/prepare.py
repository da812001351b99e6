"""OMNIGLOT at 28 x 28 from the original drawings, split as by Burda et al. (2016)."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.burda_splits import burda_splits
from vhp.datasets.omniglot import drawings
from vhp.datasets.omniglot.bicubic import reduce

N_TRAIN_DRAWINGS = 15  # of the 20 of each character; the others are test
# Of each Glagolitic character the 20th drawing is left out, because chardata.mat has one drawing fewer of them
# (issue 3 of yburda/iwae). Which one that is, is not known.
GLAGOLITIC = range(1114, 1159)  # positions among the 1,623 characters

decode = drawings.decode


def reduced(raw: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Train (24345, 784) and test (8070, 784), uint8, ink = 255, both by character, then by drawing."""
    images = reduce(drawings.unpacked(np.concatenate([raw[item] for item in drawings.N_CHARACTERS])), 28)
    images = images.reshape(-1, drawings.N_DRAWINGS, 28 * 28)
    in_test = np.zeros(images.shape[:2], bool)
    in_test[:, N_TRAIN_DRAWINGS:] = True
    in_test[GLAGOLITIC, -1] = False
    return images[:, :N_TRAIN_DRAWINGS].reshape(-1, 28 * 28), images[in_test]


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train (23000, 784) uint8 grey; val (1345, 784) and test (8070, 784) uint8 in {0, 255}."""
    return burda_splits(*reduced(raw))
