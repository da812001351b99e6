"""Measures of decoded paths: the content of smoothness.json. Poster: figure "Smoothness measure"."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vhp.latent.off_data import Data, breaks
from vhp.latent.polyline import straight_line
from vhp.latent.posterior_distance import posterior_distance, spacing
from vhp.latent.smoothness import DISCONTINUITY_FACTOR, discontinuities, roughness, smoothness_factor
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
    distance: np.ndarray, x: np.ndarray, joints: Mapping[str, slice], render: Render | None, data: Data
) -> dict[str, Any]:
    """The measures of decoded paths x (P, T, D), an entry per path each; distance: (P, T) of z to the posterior.

    factors, rough (P, joints): smoothness factor and roughness of each joint. smoothness, roughness: their means over
    joints. jumps: the steps t from frame t to t + 1 that are larger than others. breaks: discontinuities, jumps and
    fade-outs, each as a step. off_data: share of the frames that look like no training example. monotonicity and
    angle_error (RMS per pixel, mean over the path): of the decoded angle, for a data set that can `render` angles.
    """
    by_joint = {"factors": smoothness_factor, "rough": roughness}
    of_joints = {
        name: np.array([[of(frames, group) for group in joints.values()] for frames in x]).reshape(len(x), len(joints))
        for name, of in by_joint.items()
    }
    large = [discontinuities(frames) for frames in x]
    off, far = data.off(x)
    measured = of_joints | {
        "jumps": [np.flatnonzero(steps).tolist() for steps in large],
        "breaks": [breaks(*of_path) for of_path in zip(large, off, far, strict=True)],
        "smoothness": of_joints["factors"].mean(1).tolist(),
        "roughness": _mean_over_joints(of_joints["rough"]),
        "discontinuities": [int(steps.sum()) for steps in large],
        "off_data": off.mean(1).tolist(),
        "posterior_distance": distance.mean(1).tolist(),
    }
    if render is not None:
        angles, errors = nearest_angle(x, render)
        measured["monotonicity"] = [monotonicity(angle) for angle in angles]
        measured["angle_error"] = errors.mean(1).tolist()
    return measured


def _mean_over_joints(values: np.ndarray) -> list[float]:
    """(P, joints) -> P means over the joints that move, NaN where none does."""
    moves = ~np.isnan(values)
    total = np.where(moves, values, 0).sum(1)
    return [float(t / n) if n else math.nan for t, n in zip(total, moves.sum(1), strict=True)]


PER_PATH = ("smoothness", "roughness", "off_data", "monotonicity")  # that are kept for each path of the graph


def measure(
    arrays: Mapping[str, np.ndarray], joints: Mapping[str, slice], render: Render | None, data: Data
) -> dict[str, Any]:
    """The content of smoothness.json: of each measure of along_paths mean and standard deviation (<measure>_std).

    All is over the paths found between two different ends, straight_<measure> too: both then average over the same
    pairs of end points, and a model whose examples are encoded alike gains nothing by standing still. The lists have an
    entry for every path: jumps and straight_jumps, empty for the paths left out; path_<measure>, straight_path_breaks,
    and path_smoothness_joints and path_roughness_joints (a list over the joints), None for them.

    breaks: discontinuities per path, jumps and fade-outs. off_data_limit: see vhp.latent.off_data. posterior_distance:
    mean over a path's points of the distance to the nearest sample of the aggregated posterior, in units of those
    samples' spacing. end_distance: in the same unit, from the encoded examples to the nodes nearest to them. end_error:
    RMS per dimension between a path's ends, decoded, and the examples. end_to_end: RMS per dimension between a path's
    first and last decoded frame; a path that goes nowhere is smooth.
    """
    moving = np.flatnonzero(arrays["found"] & (arrays["straight_length"] > 0))
    noise = np.random.Generator(np.random.PCG64(PATHS_SEED)).standard_normal(arrays["posterior_mean"].shape)
    posterior = arrays["posterior_mean"] + arrays["posterior_std"] * noise
    unit = spacing(posterior)
    path_z = arrays["path_z"][moving]
    straight_z = straight_line(path_z[:, 0], path_z[:, -1], path_z.shape[1])
    distance, straight_distance = (posterior_distance(z, posterior) / unit for z in (path_z, straight_z))
    graph = along_paths(distance, arrays["path_x"][moving], joints, render, data)
    straight = along_paths(straight_distance, arrays["straight_x"][moving], joints, render, data)

    result: dict[str, Any] = {"n_moving": len(moving), "discontinuity_factor": DISCONTINUITY_FACTOR}
    result["off_data_limit"] = data.limit
    way = arrays["path_x"][moving, -1].astype(float) - arrays["path_x"][moving, 0]
    ends = {
        "end_distance": arrays["end_distance"][moving].mean(1) / unit,
        "end_error": arrays["end_error"][moving].mean(1),
        "end_to_end": np.sqrt(np.mean(way**2, axis=1)),
    }
    for name, values in ends.items():
        result[name], result[f"{name}_std"] = mean_and_std(values)

    def of_every_path(values: Sequence[Any], left_out: Any = None) -> list[Any]:
        known = dict(zip(moving.tolist(), map(_without_nan, values), strict=True))
        return [known.get(i, left_out) for i in range(len(arrays["found"]))]

    for name in PER_PATH:
        if name in graph:
            result[f"path_{name}"] = of_every_path(graph[name])
    result["path_smoothness_joints"] = of_every_path(graph["factors"].tolist())
    result["path_roughness_joints"] = of_every_path(graph["rough"].tolist())
    for prefix, measured in (("", graph), ("straight_", straight)):
        result[f"{prefix}joints"] = joint_rows(measured.pop("factors"), joints)
        measured.pop("rough")
        result[f"{prefix}jumps"] = of_every_path(measured.pop("jumps"), [])
        result[f"{prefix}path_breaks"] = of_every_path(measured["breaks"])
        measured["breaks"] = [len(steps) for steps in measured["breaks"]]
        for name, values in measured.items():
            result[f"{prefix}{name}"], result[f"{prefix}{name}_std"] = mean_and_std(values)
    return result


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: None, also within a list."""
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
