"""Split and prepare a data set: data/raw/<dataset>.npz -> data/processed/<dataset>.npz with train, val and test."""

import argparse
import logging

import numpy as np

from stages.command import command
from stages.files import unreadable, write_npz
from stages.runs.configs import require_own_data
from stages.runs.outputs.data import SPLITS, read_raw
from stages.runs.places import data_file, raw_file
from vhp import datasets

logger = logging.getLogger(__name__)


def preprocess(name: str) -> dict[str, np.ndarray]:
    """The prepared arrays. Raises ValueError and OSError for raw data that are missing or damaged."""
    raw = read_raw(name)
    try:
        arrays = datasets.preparation(name).preprocess(raw)
    except KeyError as error:
        raise unreadable(raw_file(name), f"found no array {error}") from error
    except (IndexError, TypeError, ValueError) as error:
        raise unreadable(raw_file(name), error) from error
    if empty := [split for split in SPLITS if not len(arrays[split])]:
        raise unreadable(raw_file(name), f"found no examples for {', '.join(empty)}")
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    with command(f"preprocess {name}"):
        require_own_data("preprocess", name)
        arrays = preprocess(name)
        write_npz(data_file(name), arrays)
        logger.info("%s: %s", name, ", ".join(f"{k} {arrays[k].shape}" for k in ("train", "val", "test")))


if __name__ == "__main__":
    main()
