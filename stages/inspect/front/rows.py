"""networks.csv: a row per network, data set and processor time."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import write_text
from stages.reports import rows
from stages.reports.frames import csv

KEY = ("dataset", "network", "minutes", "seed")
COLUMNS = (
    *KEY,
    *("family", "settings", "parameters", "gflop_per_step", "gflop_per_image"),
    *("epochs", "steps", "processor_minutes", "ms_per_step"),
    *("validation_bound", "best_epoch", "beta", "main_phase_step"),
    *("nll", "nll_se", "nll_mc_se", "ess", "n_low_ess", "precision", "n_images", "n_samples", "seconds_per_image"),
    *("device", "revision", "code"),
)
TEXTS = ("dataset", "network", "family", "settings", "precision", "device", "revision", "code")
# A number that may be absent, and is whole all the same.
TYPES = {name: str for name in TEXTS} | {"main_phase_step": "Int64"}


def read(path: Path) -> pd.DataFrame:
    """Columns COLUMNS; no rows if there is no file. Raises ValueError for a file that is no such table."""
    return rows.read(path, TYPES, COLUMNS, KEY)


def append(path: Path, row: Mapping[str, Any], write: Callable[[pd.DataFrame], None]) -> None:
    """Add the row to what the file holds now, in the order of data set, minutes and network.

    Not where another process has measured the same meanwhile: its row stays. write: what else is made of all rows,
    while no other process adds one. Raises ValueError if there is a row of the key, but of other settings.
    """
    added = pd.DataFrame([row], columns=list(COLUMNS)).astype({"main_phase_step": "Int64"})
    with _alone_in(path.parent):
        before = read(path)
        if rows.has(before, {name: row[name] for name in KEY}, row["settings"]):
            return
        frame = added if before.empty else pd.concat([before, added], ignore_index=True)
        frame = frame.sort_values(["dataset", "minutes", "network", "seed"], ignore_index=True)
        write_text(path, csv(frame))
        write(frame)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Waits for other processes that add a row: each would write the table without the other's."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
