"""Check what the smoke pipeline left in a clone: `PYTHONPATH=. python .ci/check_smoke.py smoke`; 1 is a fault."""

import json
import math
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pandas as pd
import yaml

from vhp import datasets, methods

RUN = ["dataset", "method", "seed"]
COLUMNS = [*RUN, "nll", "nll_se", "elbo", "ess", "n_test", "n_samples"]
COLUMNS += ["beta_final", "constraint_final", "kappa", "epochs", "converged", "gain_last_tenth", "skipped_steps"]
COLUMNS += ["train_seconds", "eval_seconds", "device"]
COLUMNS += ["revision", *(f"code_{s}" for s in ("train", "evaluate", "interpolate", "smoothness", "representation"))]
COLUMNS += ["n_unreliable", "elbo_mc_se", "refined_nll", "refined_nll_se", "refined_nll_mc_se", "refined_ess"]
COLUMNS += ["refined_n_low_ess", "refined_n_unreliable", "refined_n_apart"]
# Of the other files: columns that exist and that no run may leave empty.
MEASURED = {
    "interpolation.csv": ["n_nodes", "k", "components", "unreachable", "n_paths", "n_frames"],
    "representation.csv": ["mmd2", "mmd2_level", "classifier_accuracy", "n_points"],
}


def require(holds: bool, fault: str) -> None:
    if not holds:
        raise SystemExit(f"smoke: {fault}")


def require_runs(name: str, frame: pd.DataFrame, params: dict, datasets: list[str]) -> None:
    expected = {(d, m, s) for d in datasets for m in params["methods"] for s in params["seeds"]}
    rows = list(frame[RUN].itertuples(index=False, name=None))
    require(set(rows) == expected, f"{name}: runs missing or unexpected: {sorted(set(rows) ^ expected)}")
    require("joint" in frame or len(rows) == len(expected), f"{name}: found {len(rows)} rows of {len(expected)} runs")


def check_results(results: pd.DataFrame, params: dict) -> None:
    require(list(results.columns) == COLUMNS, f"results.csv has the columns {list(results.columns)}")
    require_runs("results.csv", results, params, params["datasets"])
    require(results[[c for c in COLUMNS if c.startswith("code_")]].notna().all(axis=None), "results of unknown code")
    numbers = results[["nll", "nll_se", "elbo", "ess", "refined_nll", "refined_ess", "beta_final", "constraint_final"]]
    require(numbers.notna().all(axis=None), "results.csv has empty values")
    for row in results.itertuples():
        require(row.elbo <= -row.nll, f"{row.dataset}-{row.method}: ELBO {row.elbo} above log p {-row.nll}")
        require(1 <= row.ess <= row.n_samples, f"{row.dataset}-{row.method}: effective sample size {row.ess}")
        settings = {field.name for field in fields(methods.load(row.method).Settings)}
        require(pd.notna(row.kappa) == ("kappa" in settings), f"{row.dataset}-{row.method}: kappa {row.kappa}")


def check_models(clone: Path, results: pd.DataFrame) -> None:
    """What even these short trainings reach, and what no model can."""
    for row in results.itertuples():
        name = f"{row.dataset}-{row.method}-{row.seed}"
        folder = clone / "runs" / row.dataset / name
        bounds = list(pd.read_csv(folder / "history.csv")["validation_bound"])
        # While a constraint keeps beta small the model learns to reconstruct, and the bound at beta = 1 may fall.
        free = "kappa" not in {field.name for field in fields(methods.load(row.method).Settings)}
        require(not free or len(bounds) < 2 or bounds[-1] > bounds[0], f"{name}: the bound fell, {bounds}")
        require(row.skipped_steps == 0, f"{name}: {row.skipped_steps} steps were not taken")
        likelihood = json.loads((folder / "likelihood.json").read_text())
        # Either is too high where its proposal misses, and the refined one misses less; with so few samples the stated
        # errors are too small.
        allowed = 4 * math.hypot(row.refined_nll_mc_se, likelihood["nll_mc_se"]) + 0.01 * abs(row.nll)
        require(row.refined_nll <= row.nll + allowed, f"{name}: refined {row.refined_nll}, with the encoder {row.nll}")
        model = datasets.load(row.dataset)
        if free and model.OBSERVATION == "bernoulli":
            coins = math.prod(model.IMAGE_SHAPE) * math.log(2)
            require(row.nll < coins, f"{name}: NLL {row.nll}, tossed coins have {coins}")
        exact = likelihood["exact_nll"]
        require(exact is None or row.refined_nll > exact - 4 * row.nll_se, f"{name}: {row.refined_nll} below {exact}")


def check_measures(report: Path, params: dict) -> None:
    for name, columns in MEASURED.items():
        frame = pd.read_csv(report / name)
        require_runs(name, frame, params, params["datasets"])
        require(frame[columns].notna().all(axis=None), f"{name} has empty values")
    differences = pd.read_csv(report / "differences.csv")
    pairs = len(params["methods"]) * (len(params["methods"]) - 1) // 2
    require(len(differences) == pairs * len(params["datasets"]), f"differences.csv has {len(differences)} rows")
    require(differences.notna().all(axis=None), "differences.csv has empty values")
    smoothness = pd.read_csv(report / "smoothness.csv", dtype={"joint": str})
    require_runs("smoothness.csv", smoothness, params, params["datasets"])
    found = smoothness[smoothness["n_paths"] > 0]
    require((found["mean"] >= 0).all(), "smoothness.csv: a joint's factor is missing or negative")


def check_files(clone: Path, report: Path, params: dict) -> None:
    for dataset in params["datasets"]:
        require((clone / "data" / "processed" / f"{dataset}.npz").exists(), f"no processed {dataset}")
        for figure in ("training_curves", "latent_graph", "interpolation_strips", "samples"):
            file = report / "datasets" / dataset / f"{figure}.png"
            require(file.exists() and file.read_bytes()[:4] == b"\x89PNG", f"{file} is missing or no PNG")
    names = [
        "table.md",
        "table.csv",
        "table.tex",
        "index.html",
        "beta_update.png",
        "figures/nll_samples.png",
        "datasets/pendulum/interpolation_strips.gif",
        "datasets/pendulum/latent_steps.png",
    ]
    for name in names:
        require((report / name).stat().st_size > 0, f"{name} is empty")


def check_nothing_is_stale(report: Path) -> None:
    require("No result is." in (report / "stale.md").read_text(), "results are older than the code that made them")


def check_nothing_left_to_run(clone: Path) -> None:
    again = subprocess.run(["dvc", "repro"], cwd=clone, capture_output=True, text=True, check=False)
    require(again.returncode == 0, f"the second dvc repro failed:\n{again.stdout}{again.stderr}")
    require("Running stage" not in again.stdout, f"the second dvc repro ran something:\n{again.stdout}")


def main() -> None:
    clone = Path(sys.argv[1])
    params = yaml.safe_load((clone / "params.yaml").read_text())
    report = clone / "reports" / params["budget"]
    results = pd.read_csv(report / "results.csv")
    check_results(results, params)
    check_models(clone, results)
    check_measures(report, params)
    check_files(clone, report, params)
    check_nothing_is_stale(report)
    check_nothing_left_to_run(clone)
    print(f"smoke: {len(results)} runs, tables and figures exist, and nothing is left to run")


if __name__ == "__main__":
    main()
