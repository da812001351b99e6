"""Split and prepare a data set: data/raw/<dataset>.npz -> data/processed/<dataset>.npz with train, val and test."""

import argparse
import logging

import numpy as np

from stages.command import command
from stages.files import read_npz, write_npz
from stages.runs.places import data_file, raw_file
from vhp import datasets

logger = logging.getLogger(__name__)


def preprocess(name: str) -> dict[str, np.ndarray]:
    """The prepared arrays. Raises ValueError and OSError for raw data that are missing or damaged."""
    raw = raw_file(name)
    try:
        return datasets.preparation(name).preprocess(read_npz(raw))
    except KeyError as error:
        raise ValueError(f"{raw}: found no array {error}; delete the file and run `dvc repro`") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    with command(f"preprocess {name}"):
        arrays = preprocess(name)
        write_npz(data_file(name), arrays)
        logger.info("%s: %s", name, ", ".join(f"{k} {arrays[k].shape}" for k in ("train", "val", "test")))


if __name__ == "__main__":
    main()
