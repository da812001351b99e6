"""One run as the report sees it: parameters, small outputs, and what code made them."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from stages.files import unreadable
from stages.runs.outputs.contents import NUMBER, check_values
from stages.runs.outputs.values import check_output
from vhp.names import DATASETS, METHODS, position

# Outputs that tables are made of, beside the history; arrays are for figures alone.
JSON_OUTPUTS = (
    *("training", "training_time", "likelihood", "evaluation_time"),
    *("interpolation", "interpolation_time", "smoothness", "representation"),
)


# Columns of history.csv that have a number in every row.
HISTORY = (
    *("epoch", "step", "beta", "constraint", "loss", "reconstruction", "kl"),
    *("validation_bound", "learning_rate", "main_phase"),
)


class ArtifactsError(ValueError):
    """The artifacts are incomplete or do not belong together; the message says which."""


@dataclass(frozen=True)
class RunArtifacts:
    """One run's configuration and outputs, except the arrays in npz files, which only the figures read."""

    name: str  # <dataset>-<method>-<seed>
    n_test: int  # examples in the data set's test split
    observation: str  # "bernoulli" or "gaussian": p(x|z) of the data set
    note: str | None  # what a reader of the data set's results must know
    config: dict[str, Any]
    code: dict[str, str | None]  # stage -> fingerprint of the code that made its outputs, None where it is not known
    history: pd.DataFrame
    training: dict[str, Any]
    training_time: dict[str, Any]
    likelihood: dict[str, Any]
    evaluation_time: dict[str, Any]
    interpolation: dict[str, Any]
    interpolation_time: dict[str, Any]
    smoothness: dict[str, Any]
    representation: dict[str, Any]

    @property
    def dataset(self) -> str:
        return self.config["run"]["dataset"]

    @property
    def method(self) -> str:
        return self.config["run"]["method"]

    @property
    def seed(self) -> int:
        return self.config["run"]["seed"]

    @property
    def kappa(self) -> float | None:
        return self.config["method"].get("kappa")

    @property
    def minutes(self) -> str:
        """Training + NLL."""
        return f"{self.training_time['seconds'] / 60:.1f} + {self.evaluation_time['seconds'] / 60:.1f}"

    @property
    def revisions(self) -> list[str]:
        """Git revisions of the code that made the outputs, of the stages that record theirs."""
        times = (self.training_time, self.evaluation_time, self.interpolation_time)
        return list(dict.fromkeys(time["revision"] for time in times if time["revision"]))

    @property
    def order(self) -> tuple[tuple[int, str], tuple[int, str], int]:
        """Sort key: as in the paper's table, then by seed."""
        return (position(self.dataset, DATASETS), position(self.method, METHODS), self.seed)


def from_json(name: str, content: Mapping[str, Any]) -> RunArtifacts:
    """A run as stages/reports/sections.py stores it; the history is the lines of its CSV file.

    Raises ArtifactsError, which names the run, for other content.
    """
    try:
        check_values(name, content, {"n_test": int, "observation": str, "config": dict, "code": dict, "history": list})
        outputs = {key: check_output(f"{name}, {key}", f"{key}.json", content.get(key)) for key in JSON_OUTPUTS}
        check_of_first(f"{name}, likelihood", outputs["likelihood"])
        config, code = dict(content["config"]), dict(content["code"])
        history = read_history(f"{name}, history", content["history"], config["training"], outputs["training"])
        about: dict[str, Any] = {key: content[key] for key in ("n_test", "observation", "note")}
        return RunArtifacts(name=name, config=config, code=code, history=history, **about, **outputs)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactsError(f"{name}: found other content than this version reads ({error!r})") from error


def check_of_first(where: str, likelihood: Mapping[str, Any]) -> None:
    """Raises ValueError unless the estimates from the first samples are numbers, one for each count, or not there."""
    counts, nll = (likelihood.get(key) or [] for key in ("sample_counts", "nll_of_first"))
    if len(counts) != len(nll) or not all(isinstance(value, NUMBER) and math.isfinite(value) for value in counts + nll):
        raise unreadable(where, f"found sample_counts {counts} with nll_of_first {nll}, expected a number for each")


def read_history(
    where: Path | str, lines: Sequence[str], settings: Mapping[str, Any], training: Mapping[str, Any]
) -> pd.DataFrame:
    """The lines of history.csv: a row for each epoch that was validated, with the numbers that training.json has.

    settings: the configuration of the training. Raises ValueError, which begins with `where`.
    """
    try:
        history = pd.read_csv(io.StringIO("\n".join(lines)))
    except (ValueError, TypeError) as error:
        raise unreadable(where, error) from error
    if missing := [column for column in HISTORY if column not in history]:
        raise unreadable(where, f"found no column {', '.join(missing)}")
    rows = history[list(HISTORY)]
    if not (all(map(is_numeric_dtype, rows.dtypes)) and np.isfinite(rows.to_numpy(float)).all()):
        raise unreadable(where, "found values that are no finite numbers")
    last, every = training["epochs"], settings["validate_every"]
    if last > settings["epochs"]:
        configured = settings["epochs"]
        raise unreadable(where, f"found {last} epochs, of training.json, expected at most {configured}, as configured")
    validated = [epoch for epoch in range(1, last + 1) if epoch % every == 0 or epoch == last]
    if rows["epoch"].tolist() != validated:
        raise unreadable(where, f"found {len(rows)} epochs, expected {len(validated)}, up to {last}")
    end, best = (rows[rows["epoch"] == training[key]].to_dict("records") for key in ("epochs", "best_epoch"))
    if not end or not best:
        raise unreadable(where, f"found no epoch {training['epochs']} or {training['best_epoch']}, of training.json")
    for key, (row, column) in {
        "best_validation_bound": (best[0], "validation_bound"),
        "beta_best": (best[0], "beta"),
        "constraint_best": (best[0], "constraint"),
        "beta_final": (end[0], "beta"),
        "constraint_final": (end[0], "constraint"),
    }.items():
        if not math.isclose(row[column], training[key], rel_tol=1e-9):
            raise unreadable(
                where, f"found {column} {row[column]}, expected {training[key]}, as {key} of training.json"
            )
    return history
