"""A run's outputs in arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stages.files import read_npz, unreadable
from stages.runs.outputs.contents import Array, Size, check_arrays
from stages.runs.outputs.unaltered import unaltered
from stages.runs.places import config_file, data_file

# Axes: P pairs of test examples, T frames of a path, N nodes of the graph, E its edges, D dimensions of the data, d_z
# of the latent space, test examples; M of them encoded, S of the prior's samples and O originals shown.
ARRAYS = {
    "paths.npz": {
        "edges": Array("iu", ("E", 2), below="N"),
        "edge_lengths": Array("f", ("E",)),
        "components": Array("iu", ("N",)),
        "pairs": Array("iu", ("P", 2), below="N"),
        "pair_examples": Array("iu", ("P", 2), below="test"),
        "found": Array("b", ("P",)),
        "path_length": Array("f", ("P",), partly=True),
        "straight_length": Array("f", ("P",)),
        "end_distance": Array("f", ("P", 2)),
        "end_error": Array("f", ("P", 2)),
        "path_z": Array("f", ("P", "T", "d_z"), partly=True),
        "path_x": Array("f", ("P", "T", "D"), partly=True),
        "straight_x": Array("f", ("P", "T", "D")),
    },
    "latent_space.npz": {
        "prior": Array("f", ("samples", "d_z")),
        "nodes": Array("f", ("N", "d_z")),
        "posterior_example": Array("iu", ("M",), below="test"),
        "posterior_mean": Array("f", ("M", "d_z")),
        "posterior_std": Array("f", ("M", "d_z")),
    },
    "gallery.npz": {
        "samples": Array("f", ("S", "D")),
        "originals": Array("f", ("O", "D")),
        "reconstructions": Array("f", ("O", "D")),
    },
    "snapshots.npz": {
        "step": Array("iu", ("shown",)),
        "example": Array("iu", ("encoded",), below="test"),
        "posterior_mean": Array("f", ("shown", "encoded", "d_z")),
        "posterior_std": Array("f", ("shown", "encoded", "d_z")),
        "prior": Array("f", ("shown", "drawn", "d_z")),
    },
    "likelihood.npz": {
        "index": Array("iu", ("evaluated",), below="test"),
        "log_likelihood": Array("f", ("evaluated",)),
    },
}
PATHS_FOUND = ("path_length", "path_z", "path_x")  # NaN where no path was found


def read_arrays(config: Mapping[str, Any], run: str, *names: str, n_test: int | None = None) -> dict[str, np.ndarray]:
    """The arrays of these files, of which no two have one in common. Raises ValueError and FileNotFoundError.

    n_test: of the data set, where it is known.
    """
    model, interpolation = config.get("model", {}), config.get("interpolation", {})
    known = {"d_z": model.get("d_z"), "P": interpolation.get("n_paths"), "T": interpolation.get("n_frames")}
    sizes = {axis: Size(size, config_file(run)) for axis, size in known.items() if size is not None}
    if n_test is not None:
        sizes["test"] = Size(n_test, data_file(config["run"]["dataset"]))
    found: dict[str, np.ndarray] = {}
    for name in names:
        path = unaltered(run, name)
        arrays = read_npz(path)
        check_arrays(path, arrays, ARRAYS[name], sizes)
        if name == "paths.npz":
            _check_paths(path, arrays)
        found |= arrays
    return found


def _check_paths(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    for name in PATHS_FOUND:
        rows = arrays[name].reshape(len(arrays["found"]), -1)
        if (np.isfinite(rows).all(1) != arrays["found"]).any():
            raise unreadable(path, f"{name}: expected numbers where a path was found, and NaN elsewhere")
