"""The data sets, a package each. Where their files come from, with licences and citations, is in registry.toml.

A data set's package itself holds what models and figures must know of it, and needs numpy at most:

    OBSERVATION     "bernoulli" (uint8, 255 = ink) or "gaussian" (float32): the distribution p(x|z) that fits it
    IMAGE_SHAPE     (height, width) to draw an example as
    NOTE            optional: a sentence that a reader of its results must know
    COORDINATES     optional: names of the dimensions of points, which are no pictures: figures are scatter plots
    JOINTS          optional: names of groups of dimensions -> their indices, for the smoothness factor
    render          optional: angles (m,) in radians -> noise-free examples (m, D), where one angle makes an example
    log_likelihood  optional: the exact log p(x), nats, where the process that made the data is known

Its module `prepare` makes the arrays, and may need more:

    decode(item, files)  the content of one item of the registry as arrays, whatever container it came in
    preprocess(raw)      the arrays `train`, `val`, `test` (N, D), and recorded ground truth such as `test_angle`; of
                         real values also `noise` (D,), standard deviations of what each training batch gets anew

An optional module `drawing` draws examples that are not images (see `pictures`).

uint8 data hold Bernoulli means in units of 1/255. `train` may be grey, and each batch is binarised anew. `val` and
`test` are binary.
"""

import hashlib
import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from types import ModuleType

import numpy as np

OBSERVATIONS = ("bernoulli", "gaussian")


def content_sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes of the arrays, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes() if array.dtype.kind == "U" else array.data)
    return digest.hexdigest()


def names() -> list[str]:
    """Every data set: each package of this package is one."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def load(name: str) -> ModuleType:
    """The package of a data set. Raises ValueError for an unknown name, and for one that does not say what it must."""
    if name not in names():
        raise ValueError(f"unknown data set {name!r}; expected one of {', '.join(names())}")
    package = importlib.import_module(f"{__name__}.{name}")
    where = f"vhp/datasets/{name}/__init__.py"
    if (observation := getattr(package, "OBSERVATION", None)) not in OBSERVATIONS:
        raise ValueError(f"{where}, OBSERVATION: found {observation!r}, expected one of {', '.join(OBSERVATIONS)}")
    shape = getattr(package, "IMAGE_SHAPE", None)
    if not (isinstance(shape, tuple) and len(shape) == 2 and all(isinstance(n, int) and n > 0 for n in shape)):
        raise ValueError(f"{where}, IMAGE_SHAPE: found {shape!r}, expected (height, width), in pixels")
    return package


def preparation(name: str) -> ModuleType:
    """The data set's module `prepare`. Raises ValueError for an unknown name."""
    load(name)
    return importlib.import_module(f"{__name__}.{name}.prepare")


def drawing(name: str) -> ModuleType | None:
    """The data set's module `drawing`, None if its examples are images. Raises ValueError for an unknown name."""
    load(name)
    module = f"{__name__}.{name}.drawing"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None


def pictures(name: str, x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Examples as grey images: x (..., D) -> (..., height, width), in the data's unit or as `drawing` says.

    arrays: the data set's processed arrays, which hold what a drawing needs beside x.
    """
    draw = drawing(name)
    return x.reshape(*x.shape[:-1], *load(name).IMAGE_SHAPE) if draw is None else draw.pictures(x, arrays)
