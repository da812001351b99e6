"""Compare a run's prior with its aggregated posterior: interpolation.npz -> runs/<run>/representation.json.

Needs no torch. Where d_z = 2 and the data set records a true angle, also how the latent space orders it.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stages import logs
from stages.files import read_npz, write_json
from vhp.latent.circular import closed_curve, innermost, latent_angle, rank_correlation, winding_number
from vhp.latent.two_sample import N_NEIGHBOURS, N_PERMUTATIONS, bandwidth, classifier_accuracy, squared_mmd

SEED = 15
N_POINTS = 1_000  # of each sample: their (2n, 2n) distances are held in memory


def against_prior(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How far samples z ~ q(z|x) of test examples, one each, and samples of the prior differ."""
    mean, prior = arrays["posterior_mean"], arrays["nodes"]
    n = min(len(mean), len(prior), N_POINTS)
    noise = np.random.Generator(np.random.PCG64(SEED)).standard_normal(mean[:n].shape)
    posterior, prior = mean[:n] + arrays["posterior_std"][:n] * noise, prior[:n]
    h = bandwidth(posterior, prior)
    mmd, level = squared_mmd(posterior, prior, h, SEED)
    return {
        "mmd2": mmd,
        "mmd2_level": level,
        "mmd2_bandwidth": h,
        "n_permutations": N_PERMUTATIONS,
        "classifier_accuracy": classifier_accuracy(posterior, prior, SEED),
        "n_neighbours": N_NEIGHBOURS,
        "n_points": n,
    }


def against_angle(arrays: Mapping[str, np.ndarray], angle: np.ndarray | None) -> dict[str, float | int | None]:
    """How the posterior means run round the centre of their ring as the true angle (n_test,) does, in radians."""
    mean = arrays["posterior_mean"]
    if angle is None or mean.shape[1] != 2:
        return {"winding_number": None, "rank_correlation": None}
    true = angle[arrays["posterior_example"]]
    curve = closed_curve(mean, true)
    centre = innermost(curve)
    return {
        "winding_number": winding_number(curve, centre),
        "rank_correlation": rank_correlation(latent_angle(mean, centre), true),
    }


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    try:
        arrays = read_npz(Path("runs", name, "interpolation.npz"))
        # Only this array is read: the images may be large.
        with np.load(Path("data", "processed", f"{name.split('-')[0]}.npz"), allow_pickle=False) as data:
            angle = data.get("test_angle")
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"representation: {error}") from error
    result = against_prior(arrays) | against_angle(arrays, angle)
    write_json(Path("runs", name, "representation.json"), result)


if __name__ == "__main__":
    main()
