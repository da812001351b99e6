"""Dynamic MNIST from its four idx files."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets import grey_images

SEED = 19981101  # of the one-time binarisation

decode = grey_images.decode_mnist


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """See grey_images.preprocess_mnist."""
    return grey_images.preprocess_mnist(raw, SEED)
