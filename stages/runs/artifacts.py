"""The outputs of a run's stages and the prepared data, as other stages read them: whole, of this run, and unaltered.

One reader for each. Before it is read, a file is compared with the checksum that dvc.lock has of it, where there is
one; then its content is checked: names, types and shapes, finiteness, and that it fits the run's configuration.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stages.files import open_npz, read_json, read_npz, read_text, unreadable
from stages.runs import recorded
from stages.runs.contents import MAYBE, NUMBER, Array, Size, check_arrays, check_values
from stages.runs.places import config_file, data_file, raw_file, run_folder
from stages.runs.run_stages import RUN_STAGES

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

TIME = {"seconds": NUMBER, "device": str, "torch": str, "threads": int, "revision": (str, type(None))}
NEWER = ("breaks", "roughness", "off_data")
SOME = (list, type(None))
MEASURES = ("smoothness", "discontinuities", "posterior_distance")
VALUES = {
    "training.json": {
        **{"epochs": int, "best_epoch": int, "main_phase_step": (int, type(None)), "n_parameters": int},
        **dict.fromkeys(("best_validation_bound", "beta_best", "beta_final"), NUMBER),
        **{"constraint_best": NUMBER, "constraint_final": NUMBER, "data_sha256": str},
    },
    "training_time.json": TIME,
    "evaluation_time.json": TIME,
    "interpolation_time.json": TIME,
    "likelihood.json": {
        **{"nll": NUMBER, "nll_se": MAYBE, "nll_mc_se": NUMBER, "elbo": NUMBER, "ess": NUMBER, "exact_nll": MAYBE},
        **{"n_low_ess": int, "n_test": int, "n_samples": int, "precision": str},
        **{"rounding_mean": MAYBE, "rounding_worst": MAYBE},
    },
    "interpolation.json": {
        **dict.fromkeys(("n_nodes", "k", "components", "n_paths", "n_frames"), int),
        **{"unreachable": NUMBER, "same_node": NUMBER, "path_length_ratio": MAYBE, "path_length_ratio_std": MAYBE},
    },
    "smoothness.json": {
        **{"n_moving": int, "discontinuity_factor": NUMBER, "path_smoothness": list},
        **dict.fromkeys(("joints", "straight_joints", "jumps", "straight_jumps"), list),
        **{f"{way}{name}{std}": MAYBE for way in ("", "straight_") for name in MEASURES for std in ("", "_std")},
        **{f"{name}{std}": MAYBE for name in ("end_distance", "end_error", "end_to_end") for std in ("", "_std")},
    },
    "representation.json": {
        **dict.fromkeys(("mmd2", "mmd2_level", "mmd2_bandwidth", "classifier_accuracy"), NUMBER),
        **dict.fromkeys(("n_permutations", "n_neighbours", "n_points"), int),
        **{"winding_number": MAYBE, "rank_correlation": MAYBE},
    },
}
# What outputs of earlier revisions do not have.
LATER = {
    "training.json": {
        **{"falls_from": MAYBE, "converged": (bool, type(None)), "gain_last_tenth": MAYBE},
        "skipped_steps": (int, type(None)),
    },
    "smoothness.json": {
        **{f"{way}{name}{std}": MAYBE for way in ("", "straight_") for name in NEWER for std in ("", "_std")},
        **dict.fromkeys(("path_roughness", "path_off_data", "path_monotonicity"), SOME),
        **dict.fromkeys(("path_smoothness_joints", "path_roughness_joints"), SOME),
        **{"path_breaks": SOME, "straight_path_breaks": SOME, "off_data_limit": MAYBE},
    },
    "likelihood.json": {
        **dict.fromkeys(("n_unreliable", "refined_n_low_ess", "refined_n_unreliable"), (int, type(None))),
        **dict.fromkeys(("refined_own_proposals", "refined_n_apart"), (int, type(None))),
        **dict.fromkeys(("elbo_mc_se", "refined_nll", "refined_nll_se", "refined_nll_mc_se", "refined_ess"), MAYBE),
        **dict.fromkeys(("sample_counts", "nll_of_first"), SOME),
    },
}
JOINT = {"joint": str, "mean": MAYBE, "std": MAYBE, "n_paths": int}
MAKER = {output: stage for stage, made in RUN_STAGES.items() for output in made.outputs}


def unaltered(run: str, name: str) -> Path:
    """Where an output of the run lies. Raises RecordError if it is not what dvc.lock has."""
    path = run_folder(run) / name
    if path.exists():
        recorded.check(f"{MAKER[name]}@{run}", [path])
    return path


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


def read_values(run: str, name: str) -> dict[str, Any]:
    """An output in JSON. Raises ValueError and FileNotFoundError."""
    path = unaltered(run, name)
    return check_output(path, name, read_json(path))


def check_output(where: Path | str, name: str, content: Any) -> dict[str, Any]:
    """The content of an output in JSON, wherever it is kept. Raises ValueError, which begins with `where`."""
    values = check_values(where, content, VALUES[name])
    check_values(where, values, {key: kinds for key, kinds in LATER.get(name, {}).items() if key in values})
    for row in [*values.get("joints", []), *values.get("straight_joints", [])]:
        check_values(where, row, JOINT)
    return values


def read_lines(run: str, name: str) -> list[str]:
    return read_text(unaltered(run, name)).splitlines()


SPLITS = ("train", "val", "test")
KINDS = {"bernoulli": "u", "gaussian": "f"}  # of the splits' types, by the data set's OBSERVATION


def read_data(dataset: str, observation: str) -> dict[str, np.ndarray]:
    """The prepared data. Raises ValueError and FileNotFoundError."""
    with open_data(dataset) as arrays:
        found = dict(arrays)
    expected = {split: Array(KINDS[observation], (split, "D")) for split in SPLITS}
    if "noise" in found:  # of training batches
        expected["noise"] = Array("f", ("D",))
    check_arrays(data_file(dataset), found, expected, {})
    return found


@contextmanager
def open_data(dataset: str) -> Iterator[Mapping[str, np.ndarray]]:
    """The prepared data, of which each array is read when it is asked for. Raises ValueError and FileNotFoundError."""
    path = data_file(dataset)
    if path.exists():
        recorded.check(f"preprocess@{dataset}", [path])
    with open_npz(path) as arrays:
        if missing := [split for split in SPLITS if split not in arrays]:
            raise unreadable(path, f"found no array {', '.join(missing)}")
        yield arrays


def read_raw(dataset: str) -> dict[str, np.ndarray]:
    """What was downloaded. Raises ValueError and FileNotFoundError."""
    path = raw_file(dataset)
    if path.exists():
        recorded.check(f"download@{dataset}", [path])
    return read_npz(path)
