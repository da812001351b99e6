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


def check_arrays(
    path: Path, arrays: Mapping[str, np.ndarray], expected: Mapping[str, Array], sizes: dict[str, int]
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


def _check_shape(path: Path, name: str, found: np.ndarray, expected: Array, sizes: dict[str, int]) -> None:
    if found.dtype.kind not in expected.kinds:
        raise unreadable(path, f"{name}: found the type {found.dtype}, expected one of kind {expected.kinds!r}")
    if found.ndim == len(expected.axes):
        for axis, size in zip(expected.axes, found.shape, strict=True):
            if isinstance(axis, str):
                sizes.setdefault(axis, size)
    wanted = tuple(sizes.get(axis, axis) if isinstance(axis, str) else axis for axis in expected.axes)
    if found.shape != wanted:
        raise unreadable(path, f"{name}: found the shape {found.shape}, expected {wanted}")


def _check_values(path: Path, name: str, found: np.ndarray, expected: Array, sizes: Mapping[str, int]) -> None:
    if found.dtype.kind == "f" and not (np.isfinite(found) | (expected.partly & np.isnan(found))).all():
        row = np.argwhere(~np.isfinite(found))[0].tolist()
        raise unreadable(path, f"{name}: found {found[tuple(row)]} at {row}, expected finite numbers")
    if expected.below is not None and found.size:
        size = sizes.get(expected.below, math.inf)
        if not 0 <= found.min() <= found.max() < size:
            raise unreadable(
                path, f"{name}: found numbers from {found.min()} to {found.max()}, expected indices below {size}"
            )


NUMBER = (int, float)
MAYBE = (int, float, type(None))


def check_values(where: Path | str, found: Any, expected: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
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
