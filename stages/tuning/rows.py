"""trials.csv: a row per method, trial and seed; bounds and losses in nats, of validation and training data alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import read_json, write_text
from stages.reports.frames import csv
from stages.runs.places import config_file, run_folder
from stages.runs.resolved import digest
from stages.tuning.trials import Cell, trained_with
from vhp.names import METHODS, position

FILE = "trials.csv"
KEY = ("dataset", "method", "trial", "seed")
TRAINING = (
    *("best_validation_bound", "best_epoch", "epochs", "falls_from", "converged", "gain_last_tenth"),
    *("beta_final", "constraint_final", "skipped_steps"),
)
# changed: what params.yaml had other values of; loss: of the last epoch's training batches; settings: a digest of all
# that decides the training; code: fingerprint of what trains.
COLUMNS = (*KEY, "changed", *TRAINING, "loss", "kappa", "minutes", "settings", "device", "revision", "code")
TEXTS = ("dataset", "method", "trial", "changed", "settings", "device", "revision", "code")
NUMBERS = ("best_validation_bound", "gain_last_tenth", "beta_final", "constraint_final", "loss", "kappa", "minutes")
COUNTS = ("seed", "best_epoch", "epochs", "skipped_steps")
EMPTY = {name: [""] for name in COLUMNS if name not in TEXTS}  # a text that is empty is one
MAY_BE_ABSENT = {"falls_from": "Int64", "converged": "boolean"}
TYPES = dict.fromkeys(TEXTS, str) | dict.fromkeys(NUMBERS, float) | dict.fromkeys(COUNTS, int) | MAY_BE_ABSENT


def folder(budget: str, dataset: str) -> Path:
    return Path("reports", "tuning", budget, dataset)


def read(path: Path) -> pd.DataFrame:
    """Columns COLUMNS; no rows if there is no file. Raises ValueError for a file that is no such table."""
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        frame = pd.read_csv(path, dtype=TYPES, keep_default_na=False, na_values=EMPTY)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({' '.join(str(error).split())}); `git checkout {path}`") from error
    if tuple(frame.columns) != COLUMNS:
        raise ValueError(f"{path}: found the columns {', '.join(frame.columns)}, expected {', '.join(COLUMNS)}")
    if (twice := frame.duplicated(list(KEY))).any():
        first = frame[twice].iloc[0]
        raise ValueError(f"{path}: found two rows of {first['method']}, {first['trial']}, expected one; delete one")
    return frame


def has(frame: pd.DataFrame, cell: Cell) -> bool:
    """Whether the trial has its row. Raises ValueError if that is of other settings."""
    run = cell.config["run"]
    key = {"dataset": run["dataset"], "method": run["method"], "trial": cell.trial, "seed": run["seed"]}
    same = (frame[list(key)] == pd.Series(key)).all(axis=1)
    if not same.any():
        return False
    if (found := frame.loc[same, "settings"].iloc[0]) != (expected := digest(trained_with(cell.config))):
        raise ValueError(
            f"{cell.trial}, {run['method']}: found a row of the settings {found}, expected {expected}, of "
            "params.yaml and trials.yaml now; give the trial another name, or delete its rows"
        )
    return True


def row(place: Path, cell: Cell, changed: str) -> dict[str, Any] | None:
    """Of a training in the clone `place`; None if it was not finished. changed: as the column."""
    folder, run = place / run_folder(cell.run), cell.config["run"]
    if not (folder / "training.json").exists():
        return None
    training, time = read_json(folder / "training.json"), read_json(folder / "training_time.json")
    history = pd.read_csv(folder / "history.csv")
    return {
        **{"dataset": run["dataset"], "method": run["method"], "trial": cell.trial, "seed": run["seed"]},
        "changed": changed,
        **{name: training[name] for name in TRAINING},
        "loss": history["loss"].iloc[-1],
        "kappa": cell.config["method"].get("kappa"),
        "minutes": time["seconds"] / 60,
        "settings": digest(trained_with(cell.config)),
        "device": time["device"],
        "revision": time["revision"],
        "code": read_json(place / config_file(cell.run))["code"]["train"],
    }


def append(path: Path, row: Mapping[str, Any]) -> pd.DataFrame:
    """Add the row, in the order of the paper's table of methods; gives all rows."""
    frame = pd.DataFrame([*read(path).to_dict("records"), row], columns=list(COLUMNS)).astype(MAY_BE_ABSENT)
    known = lambda column: column.map(lambda name: position(name, METHODS))  # noqa: E731
    frame = frame.sort_values("method", key=known, kind="stable", ignore_index=True)
    write_text(path, csv(frame))
    return frame
