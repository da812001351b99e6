"""How near a path stays to the aggregated posterior, which is the optimal prior.

Poster: "Hierarchical Priors for Learning Informative Latent Representations". One sample of q_phi(z|x) for each of many
examples represents E_{p_D(x)}[q_phi(z|x)]. Their means would not: in a dimension that the encoder does not use
all means coincide, and every point of the prior would seem far away.
"""

import numpy as np
from scipy.spatial import KDTree


def posterior_distance(points: np.ndarray, posterior: np.ndarray) -> np.ndarray:
    """Euclidean distance from each point to the nearest sample of the posterior: (..., d_z), (n, d_z) -> (...,)."""
    return KDTree(posterior).query(points)[0]


def spacing(posterior: np.ndarray) -> float:
    """Mean distance of a sample (n, d_z) to the nearest other one: the unit in which models can be compared.

    Raises ValueError where there is no such unit: for fewer than two samples, and for samples that all coincide.
    """
    distance = KDTree(posterior).query(posterior, k=2)[0][:, 1].mean()
    if not 0 < distance < np.inf:
        raise ValueError(f"found {len(posterior)} samples of the posterior, spacing {distance}, expected distinct ones")
    return float(distance)
