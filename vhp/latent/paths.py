"""Measures of decoded paths: the content of smoothness.json. Poster: figure "Smoothness measure"."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vhp.latent.polyline import straight_line
from vhp.latent.posterior_distance import posterior_distance, spacing
from vhp.latent.smoothness import DISCONTINUITY_FACTOR, discontinuities, smoothness_factor
from vhp.latent.turning import monotonicity, nearest_angle
from vhp.seeds import PATHS_SEED

Render = Callable[[np.ndarray], np.ndarray]

# For a data set without JOINTS: its dimensions are pixels of one picture.
WHOLE = {"all": slice(None)}


def mean_and_std(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The mean, None of no values, and the sample standard deviation, None of fewer than two; NaN is no value."""
    numbers = np.asarray(values, float)
    numbers = numbers[~np.isnan(numbers)]
    mean = float(np.mean(numbers)) if len(numbers) else None
    return mean, float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None


def joint_rows(factors: np.ndarray, joints: Mapping[str, slice]) -> list[dict[str, Any]]:
    """The smoothness factor of each joint, mean and standard deviation over paths: factors (P, joints)."""
    rows = []
    for joint, values in zip(joints, factors.T, strict=True):
        mean, std = mean_and_std(values)
        rows.append({"joint": joint, "mean": mean, "std": std, "n_paths": len(values)})
    return rows


def along_paths(
    distance: np.ndarray, x: np.ndarray, joints: Mapping[str, slice], render: Render | None
) -> dict[str, Any]:
    """The measures of decoded paths x (P, T, D), an entry per path each; distance: (P, T) of z to the posterior.

    factors (P, joints): smoothness factor of each joint. smoothness: its mean over joints. jumps: the steps t from
    frame t to t + 1 that are discontinuities. monotonicity and angle_error (RMS per pixel, mean over the path): of the
    decoded angle, for a data set that can `render` angles.
    """
    factors = np.array([[smoothness_factor(frames, group) for group in joints.values()] for frames in x])
    jumps = [np.flatnonzero(discontinuities(frames)).tolist() for frames in x]
    measured = {
        "factors": factors.reshape(len(x), len(joints)),
        "jumps": jumps,
        "smoothness": [float(np.mean(row)) for row in factors],
        "discontinuities": [len(steps) for steps in jumps],
        "posterior_distance": distance.mean(1).tolist(),
    }
    if render is not None:
        angles, errors = nearest_angle(x, render)
        measured["monotonicity"] = [monotonicity(angle) for angle in angles]
        measured["angle_error"] = errors.mean(1).tolist()
    return measured


def measure(arrays: Mapping[str, np.ndarray], joints: Mapping[str, slice], render: Render | None) -> dict[str, Any]:
    """The content of smoothness.json: of each measure of along_paths mean and standard deviation (<measure>_std).

    All is over the paths found between two different nodes, straight_<measure> too: both then average over the same
    pairs of end points, and a model whose examples share one node gains nothing by standing still. jumps and
    path_smoothness have an entry for every path, empty and None for the paths left out.

    posterior_distance: mean over a path's points of the distance to the nearest sample of the aggregated posterior, in
    units of those samples' spacing. end_distance: in the same unit, from the encoded examples to the nodes nearest to
    them, where the paths begin and end. end_error: RMS per dimension between those nodes, decoded, and the examples.
    end_to_end: RMS per dimension between a path's first and last decoded frame; a path that goes nowhere is smooth.
    """
    moving = np.flatnonzero(arrays["found"] & (arrays["straight_length"] > 0))
    noise = np.random.Generator(np.random.PCG64(PATHS_SEED)).standard_normal(arrays["posterior_mean"].shape)
    posterior = arrays["posterior_mean"] + arrays["posterior_std"] * noise
    unit = spacing(posterior)
    start, goal = (arrays["nodes"][arrays["pairs"][moving, end]] for end in (0, 1))
    path_z = arrays["path_z"][moving]
    straight_z = straight_line(start, goal, path_z.shape[1])
    distance, straight_distance = (posterior_distance(z, posterior) / unit for z in (path_z, straight_z))
    graph = along_paths(distance, arrays["path_x"][moving], joints, render)
    straight = along_paths(straight_distance, arrays["straight_x"][moving], joints, render)

    result: dict[str, Any] = {"n_moving": len(moving), "discontinuity_factor": DISCONTINUITY_FACTOR}
    way = arrays["path_x"][moving, -1].astype(float) - arrays["path_x"][moving, 0]
    ends = {
        "end_distance": arrays["end_distance"][moving].mean(1) / unit,
        "end_error": arrays["end_error"][moving].mean(1),
        "end_to_end": np.sqrt(np.mean(way**2, axis=1)),
    }
    for name, values in ends.items():
        result[name], result[f"{name}_std"] = mean_and_std(values)
    for prefix, measured in (("", graph), ("straight_", straight)):
        result[f"{prefix}joints"] = joint_rows(measured.pop("factors"), joints)
        jumps = dict(zip(moving.tolist(), measured.pop("jumps"), strict=True))
        result[f"{prefix}jumps"] = [jumps.get(i, []) for i in range(len(arrays["found"]))]
        for name, values in measured.items():
            result[f"{prefix}{name}"], result[f"{prefix}{name}_std"] = mean_and_std(values)
    smoothness = dict(zip(moving.tolist(), graph["smoothness"], strict=True))
    result["path_smoothness"] = [smoothness.get(i) for i in range(len(arrays["found"]))]
    return result
