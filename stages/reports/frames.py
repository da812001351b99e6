"""The results as data frames, a row per run (and joint), for the report's CSV files; and a few numbers of each run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.runs.run_stages import RUN_STAGES
from vhp.names import method_name

RESULTS = (
    *("dataset", "method", "seed", "nll", "nll_se", "elbo", "ess", "n_test", "n_samples"),
    *("beta_final", "constraint_final", "kappa", "epochs", "converged", "gain_last_tenth", "skipped_steps"),
    *("train_seconds", "eval_seconds", "device"),
    *("revision", *(f"code_{stage}" for stage in RUN_STAGES)),
)
# Of the refined estimate, columns where a run has one.
REFINED = (
    *("n_unreliable", "elbo_mc_se", "refined_nll", "refined_nll_se", "refined_nll_mc_se", "refined_ess"),
    *("refined_n_low_ess", "refined_n_unreliable", "refined_n_apart"),
)
SMOOTHNESS = ("dataset", "method", "seed", "joint", "mean", "std", "n_paths")
INTERPOLATION = (
    *("dataset", "method", "seed", "n_nodes", "k", "components", "unreachable"),
    *("discontinuities", "n_paths", "n_frames", "path_length_ratio", "path_length_ratio_std"),
    *("n_moving", "discontinuities_std"),
    *("straight_discontinuities", "straight_discontinuities_std", "smoothness", "smoothness_std"),
    *("straight_smoothness", "straight_smoothness_std", "end_distance", "end_distance_std"),
    *("end_error", "end_error_std", "end_to_end", "end_to_end_std"),
    *("posterior_distance", "posterior_distance_std", "straight_posterior_distance", "straight_posterior_distance_std"),
    *("monotonicity", "monotonicity_std", "straight_monotonicity", "straight_monotonicity_std"),
    *("angle_error", "angle_error_std", "straight_angle_error", "straight_angle_error_std"),
    *("breaks", "breaks_std", "straight_breaks", "straight_breaks_std"),
    *("roughness", "roughness_std", "straight_roughness", "straight_roughness_std"),
    *("off_data", "off_data_std", "straight_off_data", "straight_off_data_std", "off_data_limit"),
)
REPRESENTATION = (
    *("dataset", "method", "seed", "mmd2", "mmd2_level", "mmd2_bandwidth", "classifier_accuracy", "n_points"),
    *("winding_number", "rank_correlation"),
)


def likelihoods(runs: Sequence[RunArtifacts]) -> pd.DataFrame:
    """Columns RESULTS, and REFINED if any run has them; likelihoods in nats, times in seconds.

    kappa is NaN for methods without a constraint.

    code_<stage>: fingerprint of the code that made the run's outputs; revision: at which it was trained.
    """
    rows = [
        _key(run)
        | run.likelihood
        | run.training
        | {
            "kappa": run.kappa,
            "train_seconds": run.training_time["seconds"],
            "eval_seconds": run.evaluation_time["seconds"],
            "device": run.training_time["device"],
            "revision": run.training_time["revision"],
        }
        | {f"code_{stage}": fingerprint for stage, fingerprint in run.code.items()}
        for run in runs
    ]
    refined = any(run.likelihood.get("refined_nll") is not None for run in runs)
    return pd.DataFrame(rows, columns=[*RESULTS, *(REFINED if refined else ())])


def smoothness(runs: Sequence[RunArtifacts]) -> pd.DataFrame:
    """Columns SMOOTHNESS: the smoothness factor of each joint along the graph's paths."""
    rows = [_key(run) | joint for run in runs for joint in run.smoothness["joints"]]
    return pd.DataFrame(rows, columns=list(SMOOTHNESS))


def interpolations(runs: Sequence[RunArtifacts]) -> pd.DataFrame:
    """Columns INTERPOLATION; NaN where there is no path, or the data set has no such measure.

    n_paths is how many were asked for. n_moving of them were found between two different ends, and over these are the
    means and standard deviations (_std). straight_: along the straight line between the same ends.
    """
    rows = [_key(run) | run.smoothness | run.interpolation for run in runs]
    return pd.DataFrame(rows, columns=list(INTERPOLATION))


def representations(runs: Sequence[RunArtifacts]) -> pd.DataFrame:
    """Columns REPRESENTATION: how far prior and aggregated posterior differ; the last two NaN without a true angle."""
    rows = [_key(run) | run.representation for run in runs]
    return pd.DataFrame(rows, columns=list(REPRESENTATION))


def metrics(runs: Sequence[RunArtifacts]) -> dict[str, dict[str, float]]:
    """Run -> what people compare: `dvc metrics show` and `dvc exp show` have a column for each number.

    nll and refined_nll (nats, the latter where there is one), smoothness of the interpolations (where there are any),
    and beta at the end of the training.
    """
    values = {
        run.name: {
            "nll": run.likelihood["nll"],
            "refined_nll": run.likelihood.get("refined_nll"),
            "smoothness": run.smoothness["smoothness"],
            "beta": run.training["beta_final"],
        }
        for run in runs
    }
    return {name: {key: v for key, v in of_run.items() if v is not None} for name, of_run in values.items()}


def inputs(files: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Columns path and md5 (as in dvc.lock) of every file behind the report: `make check` compares them."""
    digests = dict(sorted(item for each in files for item in each.items()))
    return pd.DataFrame({"path": list(digests), "md5": list(digests.values())})


def row_names(runs: Sequence[RunArtifacts]) -> list[str]:
    """What the runs of one data set are called in a table with a row for each: by method, and by seed if it matters."""
    several = len({run.seed for run in runs}) > 1
    return [f"{method_name(run.method)}, seed {run.seed}" if several else method_name(run.method) for run in runs]


def csv(frame: pd.DataFrame) -> str:
    """The frame as text, numbers in full precision, NaN as an empty cell."""
    return frame.to_csv(index=False, lineterminator="\n")


def _key(run: RunArtifacts) -> dict[str, Any]:
    return {"dataset": run.dataset, "method": run.method, "seed": run.seed}
