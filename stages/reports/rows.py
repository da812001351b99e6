"""A table to which commands add a row per trial: CSV, read with its types; what has a row is not measured again."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

logger = logging.getLogger(__name__)


def read(path: Path, types: Mapping[str, Any], columns: Sequence[str], key: Sequence[str]) -> pd.DataFrame:
    """No rows if there is no file. types: dtype of each column; of text an empty cell is an empty text, else NaN.

    Raises ValueError for a file that cannot be read, has other columns, or two rows of the same key.
    """
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    empty = {name: [""] for name in columns if types.get(name) is not str}
    try:
        frame = pd.read_csv(path, dtype=dict(types), keep_default_na=False, na_values=empty)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({' '.join(str(error).split())}); `git checkout {path}`") from error
    if tuple(frame.columns) != tuple(columns):
        raise ValueError(f"{path}: found the columns {', '.join(frame.columns)}, expected {', '.join(columns)}")
    if (twice := frame.duplicated(list(key))).any():
        first = ", ".join(str(value) for value in frame.loc[twice, list(key)].iloc[0])
        raise ValueError(f"{path}: found two rows of {first}, expected one; delete one")
    return frame


def has(frame: pd.DataFrame, key: Mapping[str, Any], settings: str) -> bool:
    """Whether there is a row of the key. Raises ValueError if its column `settings`, a digest, has another value."""
    same = (frame[list(key)] == pd.Series(key)).all(axis=1)
    if not same.any():
        return False
    if (found := frame.loc[same, "settings"].iloc[0]) != settings:
        raise ValueError(
            f"{', '.join(map(str, key.values()))}: found a row of the settings {found}, expected {settings}, as they "
            "are now; give it another name, or delete its rows"
        )
    return True


def to_train(frame: pd.DataFrame, cells: Sequence[Any]) -> list[Any]:
    """The cells without a row; the log has their number. Raises ValueError as has.

    cells: what rows are of, each with its `key` and `settings`.
    """
    left = [cell for cell in cells if not has(frame, cell.key, cell.settings)]
    logger.info("%d of %d rows are there; %d to train", len(cells) - len(left), len(cells), len(left))
    return left
