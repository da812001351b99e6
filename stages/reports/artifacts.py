"""One run as the report sees it: parameters, small outputs, and what code made them."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stages.runs.places import run_folder
from vhp.names import DATASETS, METHODS, position

# Outputs that tables are made of, beside the history; arrays are for figures alone.
JSON_OUTPUTS = (
    *("training", "training_time", "likelihood", "evaluation_time"),
    *("interpolation", "interpolation_time", "smoothness", "representation"),
)


class ArtifactsError(ValueError):
    """The artifacts are incomplete or do not belong together; the message says which."""


@dataclass(frozen=True)
class RunArtifacts:
    """One run's configuration and outputs, except the arrays in npz files, which only the figures read."""

    name: str  # <dataset>-<method>-<seed>
    n_test: int  # examples in the data set's test split
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
    def arrays(self) -> list[Path]:
        """The files with the paths, the latent space and the pictures; their arrays have different names."""
        return [run_folder(self.name) / file for file in ("paths.npz", "latent_space.npz", "gallery.npz")]

    @property
    def snapshots(self) -> Path:
        return run_folder(self.name) / "snapshots.npz"

    @property
    def order(self) -> tuple[tuple[int, str], tuple[int, str], int]:
        """Sort key: as in the paper's table, then by seed."""
        return (position(self.dataset, DATASETS), position(self.method, METHODS), self.seed)


def from_json(name: str, content: Mapping[str, Any]) -> RunArtifacts:
    """A run as stages/reports/sections.py stores it; the history is the lines of its CSV file.

    Raises ArtifactsError, which names the run, for other content.
    """
    try:
        history = pd.read_csv(io.StringIO("\n".join(content["history"])))
        outputs = {output: dict(content[output]) for output in JSON_OUTPUTS}
        config, code = dict(content["config"]), dict(content["code"])
        return RunArtifacts(name=name, n_test=content["n_test"], config=config, code=code, history=history, **outputs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactsError(f"{name}: found other content than this version reads ({error!r})") from error
