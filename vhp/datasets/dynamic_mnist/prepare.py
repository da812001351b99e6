"""Dynamic MNIST from its four idx files."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets import mnist_files

SEED = 19981101  # of the one-time binarisation

decode = mnist_files.decode_mnist


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """See mnist_files.preprocess_mnist."""
    return mnist_files.preprocess_mnist(raw, SEED)
