"""Print which files and examples of every data set in params.yaml exist: `make data`."""

import argparse
from pathlib import Path

from stages.command import command
from stages.files import open_npz
from stages.params.reading import read
from stages.reports.table import NONE, Table, markdown
from stages.runs.outputs.data import SPLITS
from stages.runs.places import data_file, raw_file
from vhp.datasets.sources import load_source

MIB = 2**20


def counts(path: Path) -> list[str]:
    """How many examples each split has."""
    if not path.exists():
        return [NONE] * len(SPLITS)
    try:
        with open_npz(path) as arrays:
            return [f"{len(arrays[split]):,}" for split in SPLITS]
    except (ValueError, KeyError):
        return ["unreadable"] * len(SPLITS)


def row(name: str) -> tuple[str, ...]:
    source = load_source(name)
    raw = raw_file(name)
    # The download stage writes this file only after it has verified every item.
    verified = f"{raw.stat().st_size / MIB:.1f}" if raw.exists() else NONE
    n_files = sum(len(item.files) for item in source.items)
    return (
        name,
        str(n_files) if n_files else "embedded",
        verified,
        *counts(data_file(name)),
        source.licence.partition(",")[0],
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("inventory"):
        names = read(Path("params.yaml")).datasets
        columns = ("data set", "files", "verified MiB", *SPLITS, "licence")
        print(markdown([Table("Data", columns, tuple(row(name) for name in names))]))


if __name__ == "__main__":
    main()
