"""Which examples of a data set are used where: random, and the same for every method and seed.

So rows of a table differ by the model alone.
"""

import numpy as np
import torch
from torch import Tensor

from vhp.seeds import EVALUATION_SEED, POSTERIOR_SEED, SHOWN_SEED, SNAPSHOT_SEED

SNAPSHOT_POINTS = 1_000  # test examples, and samples of the prior, in a snapshot of the training
N_POSTERIOR = 2_000  # test examples whose posterior is saved
N_SHOWN = 16  # originals and reconstructions


def random_subset(n_total: int, n_wanted: int, seed: int) -> Tensor:
    """(min(n_total, n_wanted),) int64 distinct indices in random order, on the CPU."""
    return torch.randperm(n_total, generator=torch.Generator().manual_seed(seed))[:n_wanted]


def evaluated_examples(n_test: int, n_wanted: int | None) -> Tensor:
    """Indices of the test examples whose likelihood is estimated, in ascending order; None: of all."""
    return random_subset(n_test, n_test if n_wanted is None else n_wanted, EVALUATION_SEED).sort().values


def snapshot_examples(n_test: int) -> Tensor:
    """Indices of the test examples that the snapshots show, in ascending order."""
    return random_subset(n_test, SNAPSHOT_POINTS, SNAPSHOT_SEED).sort().values


def posterior_examples(n_test: int) -> np.ndarray:
    """(at most N_POSTERIOR,) int32 indices of the test examples whose posterior is saved, in random order."""
    return _numpy_subset(n_test, N_POSTERIOR, POSTERIOR_SEED)


def shown_examples(n_test: int) -> np.ndarray:
    """(at most N_SHOWN,) int32 indices of the test examples that are shown, in random order."""
    return _numpy_subset(n_test, N_SHOWN, SHOWN_SEED)


def _numpy_subset(n_total: int, n_wanted: int, seed: int) -> np.ndarray:
    """As random_subset; NumPy's generator draws others, on which the arrays of the interpolations are built."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(n_total)[:n_wanted].astype(np.int32)
