"""Synthetic artifacts of runs, as the stages before the report leave them; known pictures replace the decoder."""

import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tiny
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from stages import beta_update, report, section
from stages.files import read_json, write_csv, write_json, write_npz
from stages.reports import sections
from stages.reports.artifacts import RunArtifacts, from_json
from stages.runs.fingerprint import Program
from stages.runs.places import CONFIGS, MATRIX, config_file, data_file, run_folder
from stages.runs.resolved import digest
from stages.runs.run_stages import RUN_STAGES
from vhp.datasets.pendulum import render
from vhp.latent.polyline import resample, straight_line

JUMP = 7  # every path of vhp_geco and the iwae has a discontinuity between frames 7 and 8
N_FRAMES, N_TEST = 24, 200
OTHERS = {"n_samples": 500, "exact_nll": None, "n_low_ess": 3}  # of likelihood.json
OTHERS |= {"precision": "float32", "rounding_mean": None, "rounding_worst": None}
SETTINGS = {
    "training": vars(tiny.training(epochs=60)) | {"threads": 1},
    "evaluation": {"n_samples": 500, "n_test": N_TEST, "precision": "float32", "compile": False, "refined": None},
    "interpolation": {"n_nodes": 300, "k": 8, "trim": 0, "n_paths": 4, "n_frames": N_FRAMES},
}
LATENT_SPACE = ("prior", "nodes", "posterior_mean", "posterior_std", "posterior_example")
GALLERY = ("samples", "originals", "reconstructions")


def write_run(dataset: str, method: str, seed: int, **likelihood: Any) -> Path:
    """All files of one run below the working directory; returns its folder. likelihood: values of likelihood.json."""
    name = f"{dataset}-{method}-{seed}"
    folder = run_folder(name)
    constrained = method.startswith("vhp")
    d_z = 2 if dataset == "pendulum" else 8
    config = {
        "run": {"dataset": dataset, "method": method, "seed": seed, "budget": "smoke"},
        "model": {"d_z": d_z, "hidden": [64, 64]},
        "method": {"kappa": 0.3, "nu": 1.0} if constrained else {},
        **SETTINGS,
        "code": {stage: Program().of_stage(stage, dataset, method) for stage in RUN_STAGES},
    }
    write_json(config_file(name), config)
    rng = np.random.default_rng([seed, *map(ord, name)])
    rows = history(method, rng)
    write_csv(folder / "history.csv", rows, list(rows[0]))
    best = rows[57]
    training = {
        "epochs": 60,
        "best_epoch": 58,
        "best_validation_bound": best["validation_bound"],
        "beta_best": best["beta"],
        "beta_final": rows[-1]["beta"],
        "constraint_best": best["constraint"],
        "constraint_final": rows[-1]["constraint"],
        **{"falls_from": 30.0, "converged": method != "vhp_geco", "gain_last_tenth": 0.02, "skipped_steps": 0},
        "main_phase_step": 900 if method == "vhp_rewo" else 1,
        "n_parameters": 12345,
        "data_sha256": "0123456789abcdef" * 4,
    }
    write_json(folder / "training.json", training)
    for file in ("model.safetensors", "graph.graphml"):  # no section looks into them
        (folder / file).write_text(file)
    time = {"seconds": 90.0, "device": "cpu: 2 threads, Imagined <Processor>", "torch": "2.13.0+cpu", "threads": 2}
    time["revision"] = "0123456789ab"
    write_json(folder / "training_time.json", time)
    write_json(folder / "evaluation_time.json", time | {"seconds": 30.0})
    write_json(folder / "interpolation_time.json", time)
    values = {"nll": 90.0, "nll_se": 0.5, "nll_mc_se": 0.01, "elbo": -93.25, "ess": 12.5, "n_test": N_TEST}
    write_json(folder / "likelihood.json", values | OTHERS | likelihood)

    write_npz(
        folder / "likelihood.npz", {"index": np.arange(N_TEST), "log_likelihood": -per_example(name, **likelihood)}
    )

    angle = np.random.default_rng(0).uniform(-math.pi, math.pi, N_TEST)  # the data set's: one for all runs
    arrays = interpolation(dataset, method, d_z, angle, rng)
    n_dims = arrays["originals"].shape[1]
    data = dict.fromkeys(("train", "val", "test"), np.zeros((N_TEST, n_dims), np.float32))
    write_npz(data_file(dataset), data | ({"test_angle": angle} if dataset == "pendulum" else {}))
    write_npz(folder / "latent_space.npz", {name: arrays[name] for name in LATENT_SPACE})
    write_npz(folder / "gallery.npz", {name: arrays[name] for name in GALLERY})
    write_npz(folder / "paths.npz", {k: a for k, a in arrays.items() if k not in LATENT_SPACE + GALLERY})
    summary = {"n_nodes": 300, "k": 8, "components": 1, "n_paths": 4, "n_frames": N_FRAMES, "unreachable": 0.25}
    summary |= {"same_node": 0.0}
    write_json(folder / "interpolation.json", summary | {"path_length_ratio": 1.4, "path_length_ratio_std": 0.2})
    jumps = [[JUMP] if method in ("vhp_geco", "iwae_l1") and found else [] for found in arrays["found"]]
    write_json(folder / "smoothness.json", smoothness(dataset, jumps))
    representation = {"mmd2": 0.0123, "mmd2_level": 0.005, "mmd2_bandwidth": 1.5, "n_permutations": 199}
    representation |= {"classifier_accuracy": 0.625, "n_neighbours": 15, "n_points": N_TEST}
    ordered = {"winding_number": 1, "rank_correlation": 0.75} if dataset == "pendulum" else {}
    order = {"winding_number": None, "rank_correlation": None} | ordered
    write_json(folder / "representation.json", representation | order)
    write_npz(folder / "snapshots.npz", snapshots(arrays))
    return folder


def per_example(name: str, nll: float = 90.0, **_: Any) -> np.ndarray:
    """(N_TEST,) of the mean nll. What makes an example hard makes it hard for every run; each has noise of its own."""
    difficulty = np.random.default_rng(1).normal(0, 7, N_TEST)
    values = difficulty + np.random.default_rng([1, *map(ord, name)]).normal(0, 0.5, N_TEST)
    return values - values.mean() + nll


def write_matrix(budget: str = "smoke") -> None:
    """runs/matrix/matrix.json of the runs that are configured, and the figure of no data set."""
    program, found = Program(), {}
    for file in sorted(CONFIGS.glob("*.json")):
        config = read_json(file)
        empty = {"code": program.of_stage("section", config["run"]["dataset"]), "runs": {}}
        found.setdefault(config["run"]["dataset"], empty)["runs"][file.stem] = digest(config)
    code = {stage: program.of_stage(stage) for stage in ("beta_update", "report")}
    write_json(MATRIX, {"budget": budget, "sections": found, "read": "0" * 16, "code": code})


def compile_report(budget: str = "smoke") -> None:
    """Every section, and the report."""
    write_matrix(budget)
    for dataset in read_json(MATRIX)["sections"]:
        call(section, dataset)
    call(beta_update)
    call(report)


def make_section(dataset: str) -> None:
    write_matrix()
    call(section, dataset)


def call(stage: ModuleType, *arguments: str) -> None:
    """The stage's command, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["stage", *arguments])
        stage.main()


def runs_here() -> list[RunArtifacts]:
    """Every run that is configured, as a section reads it."""
    names = [file.stem for file in sorted(CONFIGS.glob("*.json"))]
    found = [from_json(n, run) for n in names for run in sections.collect(n.split("-")[0], [n])[0].values()]
    return sorted(found, key=lambda run: run.order)


def smoothness(dataset: str, jumps: list[list[int]]) -> dict[str, Any]:
    """As the stage of that name writes it; twice as rough along the straight line, and no jumps there."""
    joint = {"joint": "all", "mean": 0.02, "std": 0.005, "n_paths": 3}
    measures = {"smoothness": 0.02, "discontinuities": float(len(jumps[0])), "posterior_distance": 1.5}
    measures |= {"breaks": float(len(jumps[0])), "roughness": 0.5, "off_data": 0.125}
    measures |= {"monotonicity": 0.75, "angle_error": 0.03} if dataset == "pendulum" else {}
    along = {name: value for name, value in measures.items()} | {
        f"{name}_std": value / 4 for name, value in measures.items()
    }
    return {
        **along,
        **{f"straight_{name}": 2 * value for name, value in along.items()},
        "joints": [joint],
        "straight_joints": [joint | {"mean": 0.04}],
        "jumps": jumps,
        "straight_jumps": [[] for _ in jumps],
        "path_smoothness": [0.015, None, 0.02, 0.025],
        "path_roughness": [0.5, None, 0.25, 0.75],
        "path_off_data": [0.125, None, 0.0, 0.25],
        "path_smoothness_joints": [[0.015], None, [0.02], [0.025]],
        "path_roughness_joints": [[0.5], None, [0.25], [0.75]],
        "path_breaks": [found or None for found in jumps],
        "straight_path_breaks": [[] for _ in jumps],
        "off_data_limit": 0.2,
        "discontinuity_factor": 5.0,
        "end_distance": 0.8,
        "end_distance_std": 0.3,
        "end_error": 0.12,
        "end_error_std": 0.02,
        "end_to_end": 0.4,
        "end_to_end_std": 0.1,
        "n_moving": 3,
    }


def snapshots(final: dict[str, Any]) -> dict[str, np.ndarray]:
    """Three steps, at which the latent space grows to its final size."""
    growth = np.array([0.1, 0.5, 1.0])[:, None, None]
    arrays = {name: growth * final[name] for name in ("posterior_mean", "posterior_std")}
    step, example = np.array([100, 1000, 6000]), final["posterior_example"]
    return arrays | {"prior": growth * final["nodes"], "step": step, "example": example}


def history(method: str, rng: np.random.Generator) -> list[dict[str, float]]:
    rows = []
    for epoch in range(1, 61):
        step = epoch * 100
        noise = rng.normal(0, 0.4, 3)
        beta = {
            "vhp_rewo": 0.01 if step < 900 else min(1.0, 0.01 * math.exp((step - 900) / 500)),
            "vhp_geco": 1.0 + 2 * (1 - math.exp(-step / 2000)),
            "vampprior": min(1.0, step / 2000),
        }.get(method, 1.0)
        reconstruction = 60 + 400 * math.exp(-step / 300) + 8 * beta + noise[0]
        kl = 25 - 8 * beta + 300 * math.exp(-step / 250) + noise[1]
        rows.append(
            {
                "epoch": epoch,
                "step": step,
                "beta": beta,
                "constraint": reconstruction / 784,
                "loss": reconstruction + beta * kl,
                "reconstruction": reconstruction,
                "kl": kl,
                "validation_bound": -reconstruction - kl + noise[2],
                "learning_rate": 1e-3,
                "main_phase": int(method != "vhp_rewo" or step >= 900),
            }
        )
    return rows


def interpolation(dataset: str, method: str, d_z: int, angle: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """A graph on a noisy circle (pendulum) or a projection of digits; four pairs, the second of which has no path."""
    if dataset == "pendulum":

        def circle(a: np.ndarray) -> np.ndarray:
            return np.stack([np.cos(a), np.sin(a)], -1) * rng.normal(1, 0.05, a.shape)[..., None]

        def decode(z: np.ndarray) -> np.ndarray:
            return render(np.arctan2(z[..., 1], z[..., 0]))

        mean = circle(angle)
        nodes = circle(rng.uniform(-math.pi, math.pi, 300)) if method.startswith("v") else rng.normal(0, 0.7, (300, 2))
    else:
        digits = load_digits().data / 16
        _, _, vectors = np.linalg.svd(digits - digits.mean(0), full_matrices=False)
        basis = vectors[:d_z]

        def decode(z: np.ndarray) -> np.ndarray:
            x = np.clip(z @ basis + digits.mean(0), 0, 1)
            if dataset == "digits":
                return x
            large = np.kron(x.reshape(*x.shape[:-1], 8, 8), np.ones((3, 3)))
            return np.pad(large, [(0, 0)] * (large.ndim - 2) + [(2, 2)] * 2).reshape(*x.shape[:-1], 784)

        z = (digits - digits.mean(0)) @ basis.T
        nodes = z[rng.permutation(len(z))[:300]]
        mean = z[:N_TEST]
    adjacency = NearestNeighbors(n_neighbors=8).fit(nodes).kneighbors_graph(mode="distance")
    adjacency = csr_array(adjacency.maximum(adjacency.T))
    i, j = adjacency.nonzero()
    edges = np.stack([i, j], 1)[i < j]
    pairs = np.array([[0, 100], [1, 2], [3, 200], [4, 250]])
    found = np.array([True, False, True, True])
    path_z = np.full((4, N_FRAMES, d_z), np.nan)
    for p, (start, goal) in enumerate(pairs):
        _, previous = dijkstra(adjacency, indices=start, return_predecessors=True)
        path = [goal]
        while path[-1] != start and previous[path[-1]] >= 0:
            path.append(previous[path[-1]])
        if found[p]:
            path_z[p] = resample(nodes[path[::-1]], N_FRAMES)
    path_x = decode(path_z)
    if method in ("vhp_geco", "iwae_l1"):
        path_x[:, : JUMP + 1] = path_x[:, :1]
    originals = decode(mean[:16])
    if dataset == "pendulum":
        originals += rng.normal(0, 0.05, originals.shape)
    else:
        originals = np.rint(originals)
    return {
        "prior": nodes,
        "nodes": nodes,
        "edges": edges,
        "edge_lengths": np.linalg.norm(nodes[edges[:, 0]] - nodes[edges[:, 1]], axis=1),
        "components": np.zeros(len(nodes), int),
        "pairs": pairs,
        "pair_examples": pairs % N_TEST,
        "end_distance": np.full((4, 2), 0.8),
        "end_error": np.full((4, 2), 0.12),
        "found": found,
        "path_z": path_z,
        "path_x": path_x,
        "straight_x": decode(straight_line(nodes[pairs[:, 0]], nodes[pairs[:, 1]], N_FRAMES)),
        "path_length": np.where(found, 2.0, np.nan),
        "straight_length": np.linalg.norm(nodes[pairs[:, 0]] - nodes[pairs[:, 1]], axis=1),
        "posterior_mean": mean,
        "posterior_std": rng.uniform(0.05, 0.15, mean.shape),
        "posterior_example": np.arange(N_TEST),
        "samples": decode(nodes[:64]),
        "originals": originals,
        "reconstructions": decode(mean[:16]),
    }
