"""The unit of models and decoded examples, for arrays; vhp.datasets.batches has it for tensors. Needs no torch."""

import numpy as np


def array_as_means(rows: np.ndarray) -> np.ndarray:
    """Of uint8 data, which are in units of 1/255, the means in [0, 1], float32; of others the values: (..., D)."""
    return rows / np.float32(255) if rows.dtype == np.uint8 else rows
