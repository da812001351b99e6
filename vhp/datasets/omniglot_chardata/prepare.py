"""OMNIGLOT from chardata.mat."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.burda_splits import burda_splits
from vhp.datasets.containers import matlab_variables

SHAPES = {"data": (784, 24_345), "testdata": (784, 8_070)}


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """data (24345, 784) and testdata (8070, 784) uint8, upright, row-major, ink = 255.

    The file has an image per column, in [0, 1], its pixels column by column. Raises ValueError with the file's name for
    anything else.
    """
    ((name, content),) = files.items()
    arrays = {}
    for key, values in matlab_variables(name, content, list(SHAPES)).items():
        if values.shape != SHAPES[key]:
            raise ValueError(f"{name}: found {key} of the shape {values.shape}, expected {SHAPES[key]}")
        grey = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
        arrays[key] = np.ascontiguousarray(grey.T.reshape(-1, 28, 28).swapaxes(1, 2)).reshape(-1, 784)
    return arrays


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train (23000, 784) uint8 grey; val (1345, 784) and test (8070, 784) uint8 in {0, 255}."""
    return burda_splits(raw["data"], raw["testdata"])
