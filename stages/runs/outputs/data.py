"""A data set's files, as they were downloaded and prepared."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from stages.files import open_npz, read_npz, unreadable
from stages.runs import recorded
from stages.runs.outputs.contents import Array, check_arrays
from stages.runs.places import data_file, raw_file

SPLITS = ("train", "val", "test")
KINDS = {"bernoulli": "u", "gaussian": "f"}  # of the splits' types, by the data set's OBSERVATION


def read_data(dataset: str, observation: str) -> dict[str, np.ndarray]:
    """The prepared data. Raises ValueError and FileNotFoundError."""
    with open_data(dataset) as arrays:
        found = dict(arrays)
    expected = {split: Array(KINDS[observation], (split, "D")) for split in SPLITS}
    if "noise" in found:  # of training batches
        expected["noise"] = Array("f", ("D",))
    check_arrays(data_file(dataset), found, expected, {})
    return found


@contextmanager
def open_data(dataset: str) -> Iterator[Mapping[str, np.ndarray]]:
    """The prepared data, of which each array is read when it is asked for. Raises ValueError and FileNotFoundError."""
    path = data_file(dataset)
    if path.exists():
        recorded.check(f"preprocess@{dataset}", [path])
    with open_npz(path) as arrays:
        if missing := [split for split in SPLITS if split not in arrays]:
            raise unreadable(path, f"found no array {', '.join(missing)}")
        yield arrays


def read_raw(dataset: str) -> dict[str, np.ndarray]:
    """What was downloaded. Raises ValueError and FileNotFoundError."""
    path = raw_file(dataset)
    if path.exists():
        recorded.check(f"download@{dataset}", [path])
    return read_npz(path)
