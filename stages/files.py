"""Writing, reading and naming by content the pipeline's files. Each is written under a temporary name and renamed.

So a file that exists is complete, whatever ended the program that wrote it.
"""

import csv
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder and with the same suffix; renamed to path unless the block fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        fill(file)


def write_text(path: Path, text: str) -> None:
    _write(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Any) -> None:
    """Sorted keys, so that equal values make equal bytes. NaN is refused: JSON has none; write None."""
    write_text(path, as_json(value))


def as_json(value: Any) -> str:
    """As write_json writes it."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A header, then a line per row; None is an empty cell. Raises ValueError for a key that is no column."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Uncompressed: the bytes then depend on the arrays alone, and not on a version of zlib."""
    _write(path, lambda file: np.savez(file, **arrays))


def md5(path: Path) -> str:
    """Of the file's bytes, as dvc.lock has it: 32 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of the file. Raises FileNotFoundError or ValueError with the file's name and the remedy."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `dvc repro` makes it")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, EOFError, ValueError, TypeError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error}): delete it and run `dvc repro`") from error
