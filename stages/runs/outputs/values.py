"""A run's outputs in JSON, and those in lines of text."""

from pathlib import Path
from typing import Any

from stages.files import read_json, read_text
from stages.runs.outputs.contents import MAYBE, NUMBER, Types, check_values
from stages.runs.outputs.unaltered import unaltered

TIME: dict[str, Types] = {"seconds": NUMBER, "device": str, "torch": str, "threads": int, "revision": (str, type(None))}
NEWER = ("breaks", "roughness", "off_data")
SOME = (list, type(None))
MEASURES = ("smoothness", "discontinuities", "posterior_distance")
VALUES: dict[str, dict[str, Types]] = {
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
LATER: dict[str, dict[str, Types]] = {
    "training.json": {
        **{"falls_from": MAYBE, "converged": (bool, type(None)), "gain_last_tenth": MAYBE},
        "skipped_steps": int,
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
JOINT: dict[str, Types] = {"joint": str, "mean": MAYBE, "std": MAYBE, "n_paths": int}


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
