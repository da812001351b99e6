"""Split and prepare a data set: data/raw/<dataset>.npz -> data/processed/<dataset>.npz with train, val and test."""

import argparse
import logging

import numpy as np

from stages.command import command
from stages.files import write_npz
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
        raise unprepared(name, f"found no array {error}") from error
    except (IndexError, TypeError, ValueError) as error:
        raise unprepared(name, error) from error
    if missing := [split for split in SPLITS if split not in arrays]:
        found = ", ".join(arrays)
        raise ValueError(f"vhp/datasets/{name}/prepare.py: found {found}, expected also {', '.join(missing)}")
    if empty := [split for split in SPLITS if not len(arrays[split])]:
        raise unprepared(name, f"found no examples for {', '.join(empty)}")
    return arrays


def unprepared(name: str, why: object) -> ValueError:
    """The raw data or the data set's own code are at fault."""
    return ValueError(
        f"{raw_file(name)} cannot be prepared ({why}): delete it and run `dvc repro`; if that does not help, the fault "
        f"is in vhp/datasets/{name}/prepare.py"
    )


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
