"""Is what a file holds what it should hold? Arrays and JSON values against a description; refusals name the file."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stages.files import unreadable


class Array(NamedTuple):
    """What an array is to be.

    kinds: of its numpy dtype, for instance "f" or "iu". axes: a name per axis, the same name for the same size, or the
    size itself. below: the name of the axis that integers are indices into, if its size is known. partly: NaN is
    allowed.
    """

    kinds: str
    axes: tuple[str | int, ...]
    below: str | None = None
    partly: bool = False


class Size(NamedTuple):
    """Of an axis, and the file that says so."""

    n: int
    source: Path


def check_arrays(
    path: Path, arrays: Mapping[str, np.ndarray], expected: Mapping[str, Array], sizes: dict[str, Size]
) -> None:
    """Raises ValueError, with the file, the array, what was found and what was expected.

    sizes: of the axes that are known; those found in the arrays are added.
    """
    if missing := [name for name in expected if name not in arrays]:
        raise unreadable(path, f"found no array {', '.join(missing)}")
    for name, array in expected.items():
        _check_shape(path, name, arrays[name], array, sizes)
    for name, array in expected.items():
        _check_values(path, name, arrays[name], array, sizes)


def _check_shape(path: Path, name: str, found: np.ndarray, expected: Array, sizes: dict[str, Size]) -> None:
    if found.dtype.kind not in expected.kinds:
        raise unreadable(path, f"{name}: found the type {found.dtype}, expected one of kind {expected.kinds!r}")
    if found.ndim != len(expected.axes):
        raise unreadable(path, f"{name}: found the shape {found.shape}, expected {len(expected.axes)} axes")
    for axis, n in zip(expected.axes, found.shape, strict=True):
        known = sizes.setdefault(axis, Size(n, path)) if isinstance(axis, str) else Size(axis, path)
        if n != known.n:
            source = "" if known.source == path else f", as {known.source} says"
            raise unreadable(path, f"{name}: found the shape {found.shape}, expected {axis} = {known.n}{source}")


def _check_values(path: Path, name: str, found: np.ndarray, expected: Array, sizes: Mapping[str, Size]) -> None:
    if found.dtype.kind == "f" and not (np.isfinite(found) | (expected.partly & np.isnan(found))).all():
        row = np.argwhere(~np.isfinite(found))[0].tolist()
        raise unreadable(path, f"{name}: found {found[tuple(row)]} at {row}, expected finite numbers")
    if expected.below is not None and found.size:
        n = sizes[expected.below].n if expected.below in sizes else math.inf
        if not 0 <= found.min() <= found.max() < n:
            limits = f"from {found.min()} to {found.max()}"
            raise unreadable(path, f"{name}: found numbers {limits}, expected indices below {n}")


Types = type | tuple[type, ...]

NUMBER = (int, float)
MAYBE = (int, float, type(None))


def check_values(where: Path | str, found: Any, expected: Mapping[str, Types]) -> dict[str, Any]:
    """The JSON object, if it has these keys with values of these types, and no number that is not finite.

    Others may stand beside them. Raises ValueError, which begins with `where`, a file or what stands for one.
    """
    if not isinstance(found, dict):
        raise unreadable(where, f"found {type(found).__name__}, expected an object")
    for key, kinds in expected.items():
        if key not in found:
            raise unreadable(where, f"found no {key}")
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        value = found[key]
        # In Python a bool is an int.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise unreadable(where, f"{key}: found {str(value)[:80]!r}, expected {names}")
        if isinstance(value, float) and not math.isfinite(value):
            raise unreadable(where, f"{key}: found {value}, expected a finite number")
    return found
