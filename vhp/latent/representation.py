"""Compare a prior with the aggregated posterior, and the order of a latent plane with that of the data's true angle."""

from typing import Any

import numpy as np

from vhp.latent.circular import closed_curve, innermost, latent_angle, rank_correlation, winding_number
from vhp.latent.two_sample import N_NEIGHBOURS, N_PERMUTATIONS, bandwidth, classifier_accuracy, squared_mmd
from vhp.seeds import REPRESENTATION_SEED

N_POINTS = 1_000  # of each sample: their (2n, 2n) distances are held in memory


def against_prior(mean: np.ndarray, std: np.ndarray, prior: np.ndarray) -> dict[str, Any]:
    """How far samples z ~ q(z|x), one for each of n test examples, and samples of the prior differ.

    mean, std of q(z|x): (n, d_z); prior: (m, d_z). The first N_POINTS of each enter.
    """
    n = min(len(mean), len(prior), N_POINTS)
    noise = np.random.Generator(np.random.PCG64(REPRESENTATION_SEED)).standard_normal(mean[:n].shape)
    posterior, prior = mean[:n] + std[:n] * noise, prior[:n]
    h = bandwidth(posterior, prior)
    mmd, level = squared_mmd(posterior, prior, h, REPRESENTATION_SEED)
    return {
        "mmd2": mmd,
        "mmd2_level": level,
        "mmd2_bandwidth": h,
        "n_permutations": N_PERMUTATIONS,
        "classifier_accuracy": classifier_accuracy(posterior, prior, REPRESENTATION_SEED),
        "n_neighbours": N_NEIGHBOURS,
        "n_points": n,
    }


def against_angle(mean: np.ndarray, angle: np.ndarray | None) -> dict[str, float | int | None]:
    """How posterior means (n, d_z) run round the centre of their ring as the true angle (n,) does, in radians.

    None where no angle is known or the latent space is no plane.
    """
    if angle is None or mean.shape[1] != 2:
        return {"winding_number": None, "rank_correlation": None}
    curve = closed_curve(mean, angle)
    centre = innermost(curve)
    return {
        "winding_number": winding_number(curve, centre),
        "rank_correlation": rank_correlation(latent_angle(mean, centre), angle),
    }
