"""Split and prepare a data set: data/raw/<dataset>.npz -> data/processed/<dataset>.npz with train, val and test."""

import argparse
import logging
from pathlib import Path

from stages import logs
from stages.files import read_npz, write_npz
from vhp import datasets

logger = logging.getLogger(__name__)


def main() -> None:
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    try:
        arrays = datasets.preparation(name).preprocess(read_npz(Path("data", "raw", f"{name}.npz")))
        write_npz(Path("data", "processed", f"{name}.npz"), arrays)
    except (ValueError, OSError) as error:
        raise SystemExit(f"preprocess {name}: {error}") from error
    except KeyError as error:
        raise SystemExit(
            f"preprocess {name}: found no array {error} in the raw data; delete it and run `dvc repro`"
        ) from error
    logger.info("%s: %s", name, ", ".join(f"{k} {arrays[k].shape}" for k in ("train", "val", "test")))


if __name__ == "__main__":
    main()
