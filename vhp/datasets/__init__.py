"""The data sets, one file each. A data set's module has

    OBSERVATION     "bernoulli" (uint8, 255 = ink) or "gaussian" (float32): the distribution p(x|z) that fits it
    IMAGE_SHAPE     (height, width) to draw an example as
    SOURCE          where it comes from (see Source)
    decode(files)   the source's content as arrays, whatever container it came in
    preprocess(raw) the arrays `train`, `val`, `test` (N, D), and recorded ground truth such as `test_angle`

uint8 data hold Bernoulli means in units of 1/255. `train` may be grey: it is binarised anew for each batch. `val` and
`test` are binary.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

# Data sets of the benchmark that have no module yet.
NOT_IMPLEMENTED = ("dynamic_mnist", "fashion_mnist", "omniglot", "motion", "faces")


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: official addresses in the order to try them, and the MD5 that its publishers give."""

    name: str
    urls: tuple[str, ...]
    md5: str


@dataclass(frozen=True)
class Source:
    licence: str
    citation: str
    content_sha256: str  # of what decode() gives (see content_sha256)
    files: tuple[RemoteFile, ...] = field(default=())  # none: the data are embedded


def content_sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes of the arrays, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def names() -> list[str]:
    """Every data set with a module here: each module of this package is one."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The module of a data set. Raises ValueError for an unknown name, NotImplementedError for one that is to come."""
    if name in NOT_IMPLEMENTED:
        raise NotImplementedError(f"data set {name!r} is not implemented; there are {', '.join(names())}")
    if name not in names():
        known = ", ".join([*names(), *NOT_IMPLEMENTED])
        raise ValueError(f"unknown data set {name!r}; expected one of {known}")
    return importlib.import_module(f"vhp.datasets.{name}")
