"""The text of a data set's package, of its entry in registry.toml and of its line in params.yaml."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat

import numpy as np

from vhp.datasets import content_sha256, local_file

# First guesses for kappa, by which the data sets of the paper's tables were not far off: of the standard deviation of
# real values, and of the entropy of a pixel whose probability is its mean (kappa^2 in nats).
OF_DEVIATION, OF_ENTROPY = 0.3, 0.35
LINE = 60  # characters, of the names of coordinates
ABOUT = '''"""The examples of {file}."""

OBSERVATION = "{observation}"
IMAGE_SHAPE = {image_shape!r}
'''
COORDINATES = "COORDINATES = {coordinates}  # points and no pictures: scatter plots\n"
PREPARE = '''"""The examples of {file}, which is beside this module."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vhp.datasets import local_file
from vhp.datasets.{name} import OBSERVATION

FILE = "{file}"
STANDARDISE = {standardise!r}


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """All examples, as vhp.datasets.local_file reads them."""
    return local_file.read(Path(__file__).with_name(FILE))


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train, val and test (N, D)."""
    return local_file.preprocess(raw, OBSERVATION, STANDARDISE)
'''


@dataclass(frozen=True)
class Wanted:
    """What the user says of the data set; None: to be found in the file."""

    name: str
    title: str
    observation: str | None
    image_shape: tuple[int, int] | None
    standardise: bool
    kappa: float | None


@dataclass(frozen=True)
class Described:
    """A data set, complete."""

    name: str
    title: str
    file: str  # the copy in its package
    origin: str  # the file that the user named
    observation: str
    image_shape: tuple[int, int]
    coordinates: tuple[str, ...]  # none: its examples are pictures
    standardise: bool
    kappa: float
    guessed: bool  # kappa
    sizes: tuple[int, int, int]
    sha256: str


def describe(path: Path, wanted: Wanted) -> Described:
    """Reads and splits the file as the pipeline will. Raises ValueError, which begins with the file or the option."""
    raw = local_file.read(path)
    x = raw["x"] if "x" in raw else raw["train"]
    observation = wanted.observation or ("bernoulli" if x.dtype in (np.dtype(np.uint8), np.dtype(bool)) else "gaussian")
    if wanted.standardise and observation == "bernoulli":
        raise ValueError("--standardise: found Bernoulli data, expected real values (--observation gaussian)")
    try:
        arrays = local_file.preprocess(raw, observation, wanted.standardise)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    n_dims = arrays["train"].shape[1]
    shape = wanted.image_shape or (x.shape[1:] if x.ndim == 3 else None)
    if shape is not None and (min(shape) < 1 or shape[0] * shape[1] != n_dims):
        raise ValueError(f"--image-shape: found {shape[0]} x {shape[1]}, expected {n_dims} pixels, as {path.name} has")
    kappa = first_guess(arrays["train"]) if wanted.kappa is None else wanted.kappa
    if kappa == 0:
        raise ValueError(f"{path.name}: found the same values in every example, expected different ones, or --kappa")
    names = raw["name"].tolist() if "name" in raw else [f"x{i + 1}" for i in range(n_dims)]
    return Described(
        name=wanted.name,
        title=wanted.title,
        file=f"{wanted.name}{path.suffix.lower()}",
        origin=path.name,
        observation=observation,
        image_shape=(1, n_dims) if shape is None else (int(shape[0]), int(shape[1])),
        coordinates=tuple(names) if shape is None else (),
        standardise=wanted.standardise,
        kappa=kappa,
        guessed=wanted.kappa is None,
        sizes=(len(arrays["train"]), len(arrays["val"]), len(arrays["test"])),
        sha256=content_sha256(raw),
    )


def first_guess(train: np.ndarray) -> float:
    """kappa, two digits: RMS error per dimension of real values, square root of nats per pixel of Bernoulli means."""
    if train.dtype == np.uint8:
        p = np.clip(train.mean(0, dtype=float) / 255, 1e-6, 1 - 1e-6)
        value = np.sqrt(OF_ENTROPY * -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean())
    else:
        value = OF_DEVIATION * np.sqrt(train.var(0, dtype=float).mean())
    return float(f"{value:.2g}")


def modules(made: Described) -> dict[str, str]:
    """File name -> text of the package."""
    points = COORDINATES.format(coordinates=_tuple(made.coordinates)) if made.coordinates else ""
    return {"__init__.py": ABOUT.format(**vars(made)) + points, "prepare.py": PREPARE.format(**vars(made))}


def entry(made: Described) -> str:
    """In registry.toml."""
    train, val, test = made.sizes
    of_means = "Bernoulli means; train grey and binarised anew for each batch, validation and test binarised once"
    values = of_means if made.observation == "bernoulli" else "real"
    says = {
        "title": made.title,
        "about": f"The examples of {made.origin}.",
        "split": f"{train:,} / {val:,} / {test:,}, as in the file or at random (seeded)",
        "values": f"{values}{', standardised with mean and deviation of the training set' * made.standardise}",
        "licence": "that of the file",
        "citation": made.origin,
        "home": made.origin,
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in says.items()]
    checksum = f'items.{made.name} = "{made.sha256}"'
    return "\n".join(["", f"[{made.name}]", *lines, "embedded = true", checksum, ""])


def with_kappa(params: str, made: Described) -> str:
    """params.yaml with a line for the data set below `kappa:`. Raises ValueError if there is no such mapping."""
    line = f"  {made.name}: {made.kappa:g}{' # a first guess: docs/own_data.md' * made.guessed}\n"
    text, found = re.subn(r"(?m)^kappa:[ \t]*(#.*)?\n", lambda match: match[0] + line, params, count=1)
    if not found:
        raise ValueError("params.yaml: found no line `kappa:` with a line per data set below it")
    return text


def _tuple(names: tuple[str, ...]) -> str:
    """As a tuple of Python: in one line, or in several."""
    line = f"({', '.join(map(_quoted, names))})"
    return line if len(line) < LINE else pformat(names, width=LINE, compact=True)


def _quoted(text: str) -> str:
    """As a string of Python and of TOML."""
    return json.dumps(text, ensure_ascii=False)
