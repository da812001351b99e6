"""An untrained model under the name of a run, in an empty folder, with likelihoods that are what a test says."""

from pathlib import Path

import numpy as np
import tiny
import torch
from configured import write_config
from safetensors.torch import save_file

from stages.files import write_npz
from stages.runs.places import run_folder
from stages.runs.run import load_model, open_run
from vhp.likelihood.exact.plane import exact_log_likelihood

SIDE2, N = 64, 12
INDEX = np.array([7, 2, 9, 4])
REFINED = ("refined_log_likelihood", "refined_monte_carlo_se", "refined_effective_samples")
STATED = np.array([0.5, 0.1, 0.02, 0.02])


def write_data() -> None:
    rng = np.random.default_rng(0)
    data = {
        split: np.uint8(255) * rng.integers(0, 2, (N, SIDE2)).astype(np.uint8) for split in ("train", "val", "test")
    }
    write_npz(Path("data/processed/digits.npz"), data)


def make_run(method: str, d_z: int = 2, **arrays: np.ndarray) -> str:
    """An untrained model under the name of a run, whose estimates are its exact values and what is in arrays."""
    name = f"digits-{method}-0"
    config = {
        "run": {"dataset": "digits", "method": method, "seed": 0, "budget": "smoke"},
        "model": {"d_z": d_z, "network": "mlp", "hidden": [8]},
        "method": tiny.SETTINGS[method],
        "training": vars(tiny.training()) | {"threads": 1},
        "evaluation": {"n_samples": 20, "n_test": None, "precision": "float32", "compile": False},
    }
    write_config(config)
    run = open_run(name)
    run_folder(name).mkdir(parents=True)
    save_file(run.method.model.state_dict(), run_folder(name) / "model.safetensors")
    log_p = np.zeros(len(INDEX))
    if d_z == 2:
        log_p = exact_log_likelihood(load_model(run), run.splits["test"][torch.from_numpy(INDEX)], 1e-6).numpy()
    same = {"monte_carlo_se": STATED, "effective_samples": np.array([2.0, 20, 200, 2000])}
    found = {"index": INDEX, "log_likelihood": log_p + 2 * STATED, "refined_log_likelihood": log_p - STATED}
    found |= same | {f"refined_{key}": value for key, value in same.items()} | arrays
    write_npz(run_folder(name) / "likelihood.npz", {key: value for key, value in found.items() if value is not None})
    return name
