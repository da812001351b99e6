"""What the report compiles: the cached outputs of every run that runs/configs expects."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import read_json
from vhp.figures.style import DATASET_NAMES, METHOD_NAMES, position

CONFIGS = Path("runs", "configs")
FILES = (
    "history.csv",
    "snapshots.npz",
    "training.json",
    "training_time.json",
    "likelihood.json",
    "evaluation_time.json",
    "interpolation.npz",
    "interpolation.json",
    "smoothness.json",
    "representation.json",
)
BETA_UPDATE = Path("runs", "beta_update.npz")  # of no run


class ArtifactsError(ValueError):
    """The artifacts are incomplete or do not belong together; the message says which."""


@dataclass(frozen=True)
class RunArtifacts:
    """One run's configuration and outputs, but for the arrays in npz files, which only the figures read."""

    name: str  # <dataset>-<method>-<seed>
    config: dict[str, Any]
    history: pd.DataFrame
    training: dict[str, Any]
    training_time: dict[str, Any]
    likelihood: dict[str, Any]
    evaluation_time: dict[str, Any]
    interpolation: dict[str, Any]
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
    def arrays(self) -> Path:
        return Path("runs", self.name, "interpolation.npz")

    @property
    def snapshots(self) -> Path:
        return Path("runs", self.name, "snapshots.npz")


def data_file(dataset: str) -> Path:
    return Path("data", "processed", f"{dataset}.npz")


def read_runs() -> list[RunArtifacts]:
    """Every expected run, in the order of the poster's table, then by seed.

    Raises ArtifactsError if a file is missing (all that are, are named), or if the runs' budgets differ.
    """
    configs = {path.stem: read_json(path) for path in sorted(CONFIGS.glob("*.json"))}
    if not configs:
        raise ArtifactsError(f"{CONFIGS} holds no configuration of a run: `dvc repro` makes them")
    expected = [BETA_UPDATE, *(Path("runs", name, file) for name in configs for file in FILES)]
    expected += sorted({data_file(config["run"]["dataset"]) for config in configs.values()})
    missing = [str(path) for path in expected if not path.exists()]
    if missing:
        raise ArtifactsError(f"{len(missing)} files are missing; `dvc repro` makes them:\n  " + "\n  ".join(missing))
    budgets = sorted({config["run"]["budget"] for config in configs.values()})
    if len(budgets) > 1:
        raise ArtifactsError(f"{CONFIGS}: found runs of the budgets {', '.join(budgets)}, expected one budget")
    return sorted((_read(name, config) for name, config in configs.items()), key=_order)


def inputs(runs: Sequence[RunArtifacts]) -> pd.DataFrame:
    """Columns path and md5 (as in dvc.lock) of every file behind the report: stages/check.py compares them."""
    paths = [BETA_UPDATE, *sorted({data_file(run.dataset) for run in runs})]
    paths += [Path("runs", run.name, file) for run in runs for file in FILES]
    return pd.DataFrame({"path": [path.as_posix() for path in paths], "md5": [_md5(path) for path in paths]})


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read(name: str, config: dict[str, Any]) -> RunArtifacts:
    folder = Path("runs", name)
    outputs = {Path(file).stem: read_json(folder / file) for file in FILES if file.endswith(".json")}
    return RunArtifacts(name=name, config=config, history=pd.read_csv(folder / "history.csv"), **outputs)


def _order(run: RunArtifacts) -> tuple[tuple[int, str], tuple[int, str], int]:
    return (position(run.dataset, DATASET_NAMES), position(run.method, METHOD_NAMES), run.seed)
