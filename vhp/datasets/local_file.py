"""A user's own CSV or npz file as a data set: read, checked and split. `python -m stages.new_dataset` makes one."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vhp.datasets.grey_images import binarised_once

SPLITS = ("train", "val", "test")
# Examples: as many for training as VampPrior has pseudo-inputs (500), and as are in the data set's contact sheet.
LEAST = {"train": 512, "val": 32, "test": 32}
SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
LARGEST_RMS = 10.0  # sigma of p(x|z) begins at 0.1: a hundred times that is beyond what a first step can bear
COARSEST = 1e-3  # step of float32, in standard deviations of the training examples
SEED = 20190624  # of the split, and of the one-time binarisation


def read(path: Path) -> dict[str, np.ndarray]:
    """All examples as `x` (N, ...), or already split as `train`, `val` and `test`.

    A CSV file has a line of names, then a line of numbers per example: x is float64, and `name` (D,) the names. An npz
    file has one array, or the three of the splits; numbers or bool. Raises ValueError, which begins with the file's
    name: what was found, and what was expected.
    """
    reader = {".csv": _read_csv, ".npz": _read_npz}.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.name}: found a file of kind {path.suffix or 'none'}, expected .csv or .npz")
    try:
        found = reader(path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror or error}") from error
    shapes = {array.shape[1:] for name, array in found.items() if name != "name"}
    if len(shapes) > 1:
        raise ValueError(f"{path.name}: found examples of the shapes {sorted(shapes)} in the splits, expected one")
    for name, array in found.items():
        if name != "name":
            _check(f"{path.name}, {name}", array)
    return found


def preprocess(raw: Mapping[str, np.ndarray], observation: str, standardise: bool = False) -> dict[str, np.ndarray]:
    """train, val and test (N, D), of what `read` gives: split at random (seeded) unless it is split already.

    observation: "bernoulli", of uint8 (grey values), bool, or numbers from 0 to 1, which become Bernoulli means in
    units of 1/255, val and test binarised once; or "gaussian", float32. standardise: of the latter, by mean and
    standard deviation of the training examples. Raises ValueError.
    """
    parts = [raw[split].reshape(len(raw[split]), -1) for split in SPLITS] if "x" not in raw else _split(raw["x"])
    for split, part in zip(SPLITS, parts, strict=True):
        if len(part) < LEAST[split]:
            whole = "" if "x" not in raw else f", of {len(raw['x'])} in all, a tenth for each of val and test"
            raise ValueError(f"found {len(part)} examples for {split}{whole}, expected at least {LEAST[split]}")
    if observation == "bernoulli":
        train, val, test = map(_means, parts)
        return binarised_once(train, val, test, SEED)
    parts = [part.astype(float) for part in parts]  # differences of integers may be beyond their type
    if standardise:
        varies = np.ptp(parts[0], axis=0) > 0
        if not varies.all():
            raise ValueError(f"dimension {int(np.argmin(varies))} is constant: it cannot be standardised; leave it out")
        mean, std = parts[0].mean(0), parts[0].std(0)
        parts = [(part - mean) / std for part in parts]
    for part in parts:
        if (beyond := np.abs(part).max(0) > np.finfo(np.float32).max).any():
            raise ValueError(f"dimension {int(np.argmax(beyond))}: found values beyond float32: standardise it")
    _check_resolution(parts[0])
    if (rms := math.sqrt(np.square(parts[0]).mean())) > LARGEST_RMS:
        raise ValueError(f"found values of {rms:.3g} (root mean square), expected about 1: standardise them")
    return {split: part.astype(np.float32) for split, part in zip(SPLITS, parts, strict=True)}


def _check_resolution(train: np.ndarray) -> None:
    """Raises ValueError for a dimension whose values float32 cannot tell apart, such as timestamps in seconds."""
    spread, step = train.std(0), np.spacing(np.abs(train).max(0).astype(np.float32)).astype(float)
    if (coarse := (np.ptp(train, axis=0) > 0) & (step > COARSEST * spread)).any():
        where = int(np.argmax(coarse))
        found = f"found values around {train[:, where].mean():g} that vary by {spread[where]:.2g}"
        raise ValueError(f"dimension {where}: {found}, and float32 has steps of {step[where]:.2g}: standardise it")


def _split(x: np.ndarray) -> list[np.ndarray]:
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(x))
    ends = np.rint(np.cumsum(list(SHARES.values()))[:-1] * len(x)).astype(int)
    return np.split(x.reshape(len(x), -1)[order], ends)


def _means(x: np.ndarray) -> np.ndarray:
    """As uint8, 255 times the probability of a one."""
    if x.dtype == np.uint8:
        if x.max(initial=0) == 1:
            raise ValueError("found uint8 of 0 and 1, expected grey values up to 255, or bool")
        return x
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"found numbers from {x.min():g} to {x.max():g}, expected probabilities from 0 to 1, or uint8")
    return np.rint(x * 255.0).astype(np.uint8)


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path.name}: cannot be read as CSV in UTF-8: {error}") from error
    if not rows or len(rows[0]) < 2:
        raise ValueError(f"{path.name}: found no line of at least two names, separated by commas, at its beginning")
    names = [name.strip() for name in rows[0]]
    if any(_number(name) is not None for name in names) or len(set(names)) < len(names) or "" in names:
        raise ValueError(
            f"{path.name}, line 1: found {','.join(names)[:60]}, expected a different name for each column"
        )
    x = np.empty((len(rows) - 1, len(names)))
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise ValueError(f"{path.name}, line {line}: found {len(row)} values, expected {len(names)}, as in line 1")
        for column, (name, text) in enumerate(zip(names, row, strict=True)):
            value = _number(text)
            if value is None or not math.isfinite(value):
                raise ValueError(f"{path.name}, line {line}, {name}: found {text.strip()!r}, expected a finite number")
            x[line - 2, column] = value
    return {"x": x, "name": np.array(names)}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # what numpy raises depends on where the damage is
        raise ValueError(f"{path.name}: cannot be read as npz without pickled objects: {error}") from error
    if len(arrays) == 1:
        return {"x": next(iter(arrays.values()))}
    if set(arrays) != set(SPLITS):
        raise ValueError(f"{path.name}: found the arrays {', '.join(arrays)}, expected one, or train, val and test")
    return arrays


def _check(where: str, array: np.ndarray) -> None:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{where}: found values of type {array.dtype}, expected numbers")
    if array.ndim < 2 or math.prod(array.shape[1:]) < 2:
        raise ValueError(f"{where}: found the shape {array.shape}, expected (examples, at least two numbers each)")
    wrong = ~np.isfinite(array)  # of the other kinds, too, all are
    if wrong.any():
        example = int(np.argmax(wrong.reshape(len(array), -1).any(1)))
        raise ValueError(f"{where}, example {example}: found {array[wrong][0]}, expected finite numbers")
