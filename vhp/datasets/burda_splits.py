"""OMNIGLOT's splits (Burda et al. 2016), which the drawings and chardata.mat share."""

import numpy as np

from vhp.datasets.grey_images import binarised_once

N_VAL = 1_345
SEED = 20151211


def burda_splits(train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """OMNIGLOT's 24,345 training images (N, 784) uint8 grey in 23,000 and, drawn at random, 1,345 for validation.

    At random, because the images are in the order of the alphabets.
    """
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(train))
    return binarised_once(train[order[N_VAL:]], train[order[:N_VAL]], test, SEED)
