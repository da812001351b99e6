"""How far two samples differ, for instance the aggregated posterior and the prior: both measures need samples only.

The kernel measure sees coarse differences and has an exact level; the classifier sees fine ones, such as the width of a
ring, and reads in per cent.
"""

import numpy as np
from scipy.spatial.distance import cdist, pdist
from sklearn.neighbors import KNeighborsClassifier

N_PERMUTATIONS = 199
N_NEIGHBOURS = 15


def bandwidth(x: np.ndarray, y: np.ndarray) -> float:
    """The median distance between points of the pooled samples (Gretton et al. 2012): (n, d), (m, d) -> their unit.

    Raises ValueError for samples most of whose points are the same.
    """
    median = float(np.median(pdist(np.concatenate([x, y]).astype(float))))
    if median == 0:
        raise ValueError("found samples most of whose points are the same, expected points that differ")
    return median


def squared_mmd(
    x: np.ndarray, y: np.ndarray, h: float, seed: int, n_permutations: int = N_PERMUTATIONS
) -> tuple[float, float]:
    """Unbiased estimate of the squared maximum mean discrepancy, and its level: x (n, d), y (m, d) -> (MMD^2, p).

    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y), k(a, b) = exp(-|a - b|^2 / (2 h^2)) (Gretton et al. 2012, eq. 3);
    of mean 0, and below it more often than above, for equal distributions. p: the share of random exchanges between
    the samples that give at least this value, counted with the samples as they are: at least 1 / (n_permutations + 1).
    """
    n, m = len(x), len(y)
    pooled = np.concatenate([x, y]).astype(float)
    kernel = np.exp(-0.5 * cdist(pooled, pooled, "sqeuclidean") / h**2)
    np.fill_diagonal(kernel, 0)  # pairs of different points only: that makes it unbiased
    rng = np.random.Generator(np.random.PCG64(seed))
    first = np.zeros((n + m, n_permutations + 1))
    first[:n, 0] = 1
    for column in first.T[1:]:
        column[rng.permutation(n + m)[:n]] = 1
    total, to_first = kernel.sum(), kernel @ first
    within_first = (first * to_first).sum(0)
    between = to_first.sum(0) - within_first
    within_second = total - within_first - 2 * between
    values = within_first / (n * (n - 1)) + within_second / (m * (m - 1)) - 2 * between / (n * m)
    return float(values[0]), float(np.mean(values >= values[0]))


def classifier_accuracy(x: np.ndarray, y: np.ndarray, seed: int, k: int = N_NEIGHBOURS) -> float:
    """Share of held-out points whose sample a k-nearest-neighbour classifier names: x, y (n, d) -> 0 to 1.

    0.5 but for chance where the distributions are equal (Lopez-Paz and Oquab 2017). A random half of each sample is
    learned. Raises ValueError for samples of different sizes, where guessing alone would be right more often, and so
    few points that the halves learned have fewer than k together.
    """
    if len(x) != len(y):
        raise ValueError(f"found samples of {len(x)} and {len(y)} points, expected as many of each")
    if 2 * (len(x) // 2) < k:
        raise ValueError(f"found samples of {len(x)} points, expected at least {k + k % 2}: {k} neighbours decide")
    rng = np.random.Generator(np.random.PCG64(seed))
    half = len(x) // 2
    learned, held_out = zip(*(np.split(rng.permutation(sample), [half]) for sample in (x, y)), strict=True)
    label = [np.repeat([0, 1], len(part[0])) for part in (learned, held_out)]
    classifier = KNeighborsClassifier(k).fit(np.concatenate(learned), label[0])
    return float(classifier.score(np.concatenate(held_out), label[1]))
