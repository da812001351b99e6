"""What the report compiles: the cached outputs of every run that runs/configs expects."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.files import md5, read_json, read_npz
from stages.reports import kept
from stages.runs.configs import run_names
from stages.runs.places import BETA_UPDATE, CONFIGS, config_file, data_file, run_folder
from vhp.names import DATASETS, METHODS, position

ARRAYS = ("paths.npz", "latent_space.npz", "gallery.npz")  # made by stages/interpolate.py
FILES = (
    "history.csv",
    "snapshots.npz",
    "training.json",
    "training_time.json",
    "likelihood.json",
    "evaluation_time.json",
    *ARRAYS,
    "interpolation.json",
    "smoothness.json",
    "representation.json",
)
_OUTPUTS = tuple(Path(file).stem for file in FILES if file.endswith(".json"))
_KEPT = ("config", "n_test", "history", *_OUTPUTS)  # of a run, by stages/reports/kept.py


class ArtifactsError(ValueError):
    """The artifacts are incomplete or do not belong together; the message says which."""


@dataclass(frozen=True)
class RunArtifacts:
    """One run's configuration and outputs, but for the arrays in npz files, which only the figures read."""

    name: str  # <dataset>-<method>-<seed>
    n_test: int  # examples in the data set's test split
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
    def arrays(self) -> list[Path]:
        """The files with the paths, the latent space and the pictures; no array is in two of them."""
        return [run_folder(self.name) / file for file in ARRAYS]

    @property
    def snapshots(self) -> Path:
        return run_folder(self.name) / "snapshots.npz"


@dataclass(frozen=True)
class Matrix:
    """Every expected run, in the order of the poster's table, then by seed; and the files that they were read from."""

    runs: list[RunArtifacts]
    inputs: dict[str, dict[str, str]]  # data set, or kept.OPTIMISATION -> path -> md5 as in dvc.lock
    kept: dict[str, dict[str, Any]]  # likewise: those whose files are not here, see stages/reports/kept.py

    @property
    def budget(self) -> str:
        return self.runs[0].config["run"]["budget"]


def read_matrix() -> Matrix:
    """The artifacts here, and for a data set of which some are not here, what an earlier report kept of it.

    Raises ArtifactsError if there is neither (all files that are missing are named), if a file cannot be read, or if
    the runs' budgets differ.
    """
    configs = {name: _json(config_file(name)) for name in run_names()}
    if not configs:
        raise ArtifactsError(f"{CONFIGS} holds no configuration of a run: `dvc repro` makes them")
    budgets = sorted({config["run"]["budget"] for config in configs.values()})
    if len(budgets) > 1:
        raise ArtifactsError(f"{CONFIGS}: found runs of the budgets {', '.join(budgets)}, expected one budget")
    runs, inputs, earlier, missing, reasons = [], {}, {}, [], []
    for part, names in _parts(configs).items():
        paths = _paths(part, names)
        absent = [path for path in paths if not path.exists()]
        if not absent:
            inputs[part] = {path.as_posix(): md5(path) for path in paths}
            runs += [_read(name, configs[name]) for name in names]
            continue
        try:
            content = kept.read(budgets[0], part, {name: configs[name] for name in names}, paths, _KEPT)
        except kept.UnusableError as error:
            missing += absent
            reasons.append(str(error))
            continue
        earlier[part], inputs[part] = content, content["inputs"]
        runs += [_from_kept(content, name, configs[name]) for name in names]
    if missing:
        lines = [f"{len(missing)} files are missing; `dvc repro` makes them:", *map(str, missing)]
        lines += ["and nothing that an earlier report kept can stand in for them:", *reasons]
        raise ArtifactsError("\n  ".join(lines))
    return Matrix(sorted(runs, key=_order), inputs, earlier)


def _parts(configs: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Data set -> its runs; and kept.OPTIMISATION, which has none."""
    dataset = {name: config["run"]["dataset"] for name, config in configs.items()}
    groups = groupby(sorted(configs, key=dataset.get), key=dataset.get)
    return {kept.OPTIMISATION: []} | {part: list(names) for part, names in groups}


def _paths(part: str, names: Sequence[str]) -> list[Path]:
    if part == kept.OPTIMISATION:
        return [BETA_UPDATE]
    return [data_file(part), *(run_folder(name) / file for name in names for file in FILES)]


def inputs_table(matrix: Matrix) -> pd.DataFrame:
    """Columns path and md5 (as in dvc.lock) of every file behind the report: stages/check/__main__.py compares them."""
    digests = dict(sorted(item for digests in matrix.inputs.values() for item in digests.items()))
    return pd.DataFrame({"path": list(digests), "md5": list(digests.values())})


def to_keep(run: RunArtifacts) -> dict[str, Any]:
    """The run as JSON, for stages/reports/kept.py. The history is the lines of its CSV file."""
    lines = (run_folder(run.name) / "history.csv").read_text().splitlines()
    outputs = {name: getattr(run, name) for name in _OUTPUTS}
    return {"config": run.config, "n_test": run.n_test, "history": lines, **outputs}


def _from_kept(content: Mapping[str, Any], name: str, config: dict[str, Any]) -> RunArtifacts:
    found = content["runs"][name]
    history = pd.read_csv(io.StringIO("\n".join(found["history"])))
    outputs = {output: found[output] for output in _OUTPUTS}
    return RunArtifacts(name=name, n_test=found["n_test"], config=config, history=history, **outputs)


def read_arrays(*paths: Path) -> dict[str, np.ndarray]:
    """All arrays of the files, of which no two have one in common. Raises ArtifactsError if one cannot be read."""
    try:
        return {name: array for path in paths for name, array in read_npz(path).items()}
    except (FileNotFoundError, ValueError) as error:
        raise ArtifactsError(str(error)) from error  # it names the file and how to mend it


@contextmanager
def open_data(dataset: str) -> Iterator[Mapping[str, np.ndarray]]:
    """The data set's arrays; each is read when it is asked for: the images may be large. Raises ArtifactsError."""
    with _named(data_file(dataset)):
        arrays = np.load(data_file(dataset), allow_pickle=False)
    with arrays:
        yield arrays


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turns what reading a damaged file may raise into ArtifactsError."""
    try:
        yield
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ArtifactsError(f"{path} cannot be read ({error}): delete it and run `dvc repro`") from error


def _json(path: Path) -> Any:
    with _named(path):
        return read_json(path)


def _read(name: str, config: dict[str, Any]) -> RunArtifacts:
    folder = run_folder(name)
    outputs = {output: _json(folder / f"{output}.json") for output in _OUTPUTS}
    with _named(folder / "history.csv"):
        history = pd.read_csv(folder / "history.csv")
    with open_data(config["run"]["dataset"]) as arrays:
        n_test = len(arrays["test"])
    return RunArtifacts(name=name, n_test=n_test, config=config, history=history, **outputs)


def _order(run: RunArtifacts) -> tuple[tuple[int, str], tuple[int, str], int]:
    return (position(run.dataset, DATASETS), position(run.method, METHODS), run.seed)
