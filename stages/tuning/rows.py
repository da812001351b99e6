"""trials.csv: a row per method, trial and seed; bounds and losses in nats, of validation and training data alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import read_json, write_text
from stages.reports import rows
from stages.reports.frames import csv
from stages.runs.places import config_file, run_folder
from stages.tuning.trials import Cell, training_settings
from vhp.names import METHODS, position

FILE = "trials.csv"
KEY = ("dataset", "method", "trial", "seed")
TRAINING = (
    *("best_validation_bound", "best_epoch", "epochs", "falls_from", "converged", "gain_last_tenth"),
    *("beta_final", "constraint_final", "skipped_steps"),
)
# changed: what params.yaml had other values of; falls_from: epochs, not always whole; loss: of the training batches, of
# the epoch that has the bound, at beta = 1 as that; settings: a digest of all that decides the training; code:
# fingerprint of what trains.
COLUMNS = (*KEY, "changed", *TRAINING, "loss", "kappa", "minutes", "settings", "device", "revision", "code")
TEXTS = ("dataset", "method", "trial", "changed", "settings", "device", "revision", "code")
NUMBERS = (
    *("best_validation_bound", "falls_from", "gain_last_tenth", "beta_final", "constraint_final", "loss", "kappa"),
    "minutes",
)
COUNTS = ("seed", "best_epoch", "epochs", "skipped_steps")
MAY_BE_ABSENT = {"converged": "boolean"}
TYPES = dict.fromkeys(TEXTS, str) | dict.fromkeys(NUMBERS, float) | dict.fromkeys(COUNTS, int) | MAY_BE_ABSENT


TUNING = Path("reports", "tuning")


def folder(budget: str, dataset: str) -> Path:
    return TUNING / budget / dataset


def read_all(budget: str) -> dict[str, pd.DataFrame]:
    """The trials of each data set that has some. Raises ValueError as read."""
    return {path.parent.name: read(path) for path in sorted((TUNING / budget).glob(f"*/{FILE}"))}


def read(path: Path) -> pd.DataFrame:
    """Columns COLUMNS; no rows if there is no file. Raises ValueError for a file that is no such table."""
    return rows.read(path, TYPES, COLUMNS, KEY)


def row(place: Path, cell: Cell, changed: str) -> dict[str, Any] | None:
    """Of a training in the clone `place`; None if it was not finished. changed: as the column.

    None, too, if what is there is another trial's.
    """
    folder, config = place / run_folder(cell.run), place / config_file(cell.run)
    finished = (folder / "training_time.json").exists()  # which is written last
    if not finished or training_settings(read_json(config)) != cell.settings:
        return None
    training, time = read_json(folder / "training.json"), read_json(folder / "training_time.json")
    return {
        **cell.key,
        "changed": changed,
        **{name: training[name] for name in TRAINING},
        "loss": loss_at_one(pd.read_csv(folder / "history.csv"), training["best_epoch"], cell.config["method"]),
        "kappa": cell.config["method"].get("kappa"),
        "minutes": time["seconds"] / 60,
        "settings": cell.settings,
        "device": time["device"],
        "revision": time["revision"],
        "code": read_json(config)["code"]["train"],
    }


def loss_at_one(history: pd.DataFrame, epoch: int, method: Mapping[str, Any]) -> float:
    """Of an epoch's training batches, at beta = 1, as bounds are. method: its settings.

    The history's loss is that of the beta of each step, which may move a long way within an epoch. A bound of several
    samples has no beta, and is more than the difference of its terms' means.
    """
    of_epoch = history[history["epoch"] == epoch].iloc[0]
    return float(of_epoch["loss"] if "n_importance" in method else of_epoch["reconstruction"] + of_epoch["kl"])


def append(path: Path, row: Mapping[str, Any]) -> pd.DataFrame:
    """Add the row, in the order of the paper's table of methods; gives all rows."""
    frame = pd.DataFrame([*read(path).to_dict("records"), row], columns=list(COLUMNS)).astype(MAY_BE_ABSENT)
    known = lambda column: column.map(lambda name: position(name, METHODS))  # noqa: E731
    frame = frame.sort_values("method", key=known, kind="stable", ignore_index=True)
    write_text(path, csv(frame))
    return frame
