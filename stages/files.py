"""Writing, reading and naming by content the pipeline's files. Each is written under a temporary name and renamed.

So a file that exists is complete, whatever ended the program that wrote it.
"""

import csv
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

# What numpy raises for a damaged archive depends on where the damage is.
NOT_NPZ = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, MemoryError, SyntaxError, struct.error),
    *(zlib.error, zipfile.BadZipFile, NotImplementedError, OverflowError, IndexError),
)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder and with the same suffix; renamed to path unless the block fails.

    Raises OSError, with the path, where it cannot be written.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, f"cannot be written: {error.strerror or error}", str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    _write(path, lambda file: file.write(content))


def _write(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        fill(file)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Sorted keys, so that equal values make equal bytes. Raises ValueError for NaN: JSON has none; write None."""
    try:
        write_text(path, as_json(value))
    except ValueError as error:
        raise ValueError(f"{path} is not written: {error}") from error


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
    _write(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def md5(path: Path) -> str:
    """Of the file's bytes, as dvc.lock has it: 32 hexadecimal digits. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_text(path: Path) -> str:
    """Raises FileNotFoundError or ValueError with the file's name and how to mend it."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `dvc repro` makes it")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(path, error) from error


def read_json(path: Path) -> Any:
    """Raises FileNotFoundError or ValueError with the file's name and how to mend it; NaN, which JSON lacks, is one."""
    text = read_text(path)
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise unreadable(path, error) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"found {constant}, expected finite numbers")


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of the file. Raises FileNotFoundError or ValueError with the file's name and the remedy."""
    with open_npz(path) as arrays:
        return dict(arrays)


@contextmanager
def open_npz(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays, each of which is read when it is asked for, in the block; errors as of read_npz."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `dvc repro` makes it")
    try:
        file = np.load(path, allow_pickle=False)
    except NOT_NPZ as error:
        raise unreadable(path, error) from error
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise unreadable(path, "found one array, expected an archive of arrays")
    with file:
        yield _Arrays(path, file)


class _Arrays(Mapping):
    def __init__(self, path: Path, file: np.lib.npyio.NpzFile):
        self.path, self.file = path, file

    def __iter__(self) -> Iterator[str]:
        return iter(self.file.files)

    def __len__(self) -> int:
        return len(self.file.files)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.file.files:
            raise KeyError(name)
        try:
            return self.file[name]
        except NOT_NPZ as error:
            raise unreadable(self.path, f"array {name}: {error}") from error


def unreadable(path: Path | str, why: object) -> ValueError:
    return ValueError(f"{path} cannot be read ({why}): delete it and run `dvc repro`")
