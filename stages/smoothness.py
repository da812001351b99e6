"""Measure how smooth a run's interpolations are: interpolation.npz -> runs/<run>/smoothness.json. Needs no torch."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stages import logs
from stages.files import read_json, read_npz, write_json
from vhp import datasets
from vhp.smoothness import DISCONTINUITY_FACTOR, discontinuities, smoothness_factor

# For a data set without JOINTS: its dimensions are pixels of one picture.
WHOLE = {"all": slice(None)}


def mean_and_std(values: list[float]) -> tuple[float | None, float | None]:
    """The mean, None of no values, and the sample standard deviation, None of fewer than two."""
    mean = float(np.mean(values)) if values else None
    return mean, float(np.std(values, ddof=1)) if len(values) > 1 else None


def joint_rows(paths: np.ndarray, joints: Mapping[str, slice]) -> list[dict[str, Any]]:
    """The smoothness factor of each joint, mean and standard deviation over paths (P, T, D)."""
    rows = []
    for joint, group in joints.items():
        mean, std = mean_and_std([smoothness_factor(frames, group) for frames in paths])
        rows.append({"joint": joint, "mean": mean, "std": std, "n_paths": len(paths)})
    return rows


def measure(arrays: Mapping[str, np.ndarray], joints: Mapping[str, slice]) -> dict[str, Any]:
    """The content of smoothness.json.

    All is over the paths found between two different nodes, straight_joints too: both then average over the same pairs
    of end points, and a model whose examples share one node gains nothing by standing still. jumps has an entry for
    every path, the steps t from frame t to t + 1 that are discontinuities; empty for the paths left out.
    """
    moving, path_x = arrays["found"] & (arrays["straight_length"] > 0), arrays["path_x"]
    jumps = [
        np.flatnonzero(discontinuities(frames)).tolist() if ok else []
        for frames, ok in zip(path_x, moving, strict=True)
    ]
    mean, std = mean_and_std([len(steps) for steps, ok in zip(jumps, moving, strict=True) if ok])
    return {
        "joints": joint_rows(path_x[moving], joints),
        "straight_joints": joint_rows(arrays["straight_x"][moving], joints),
        "discontinuities": mean,
        "discontinuities_std": std,
        "discontinuity_factor": DISCONTINUITY_FACTOR,
        "jumps": jumps,
        "n_moving": int(moving.sum()),
    }


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    try:
        config = read_json(Path("runs", "configs", f"{name}.json"))
        arrays = read_npz(Path("runs", name, "interpolation.npz"))
        joints = getattr(datasets.load(config["run"]["dataset"]), "JOINTS", WHOLE)
        result = measure(arrays, joints)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"smoothness: {error}") from error
    write_json(Path("runs", name, "smoothness.json"), result)


if __name__ == "__main__":
    main()
