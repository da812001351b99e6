"""Keep what a clone's pipeline measured beside the report's own table: `python -m stages.clones.keep ablation`.

The sections of the clone become reports/supplements/<budget>/<name>/, with a table of their own; what was there is
replaced. The verdicts on the paper's claims are computed from them, too, after `make report`.
"""

import argparse
import json
import shutil
from pathlib import Path

from stages.clones.git import CloneError, check_other
from stages.clones.lock import check_idle
from stages.clones.made import made_sections
from stages.command import command
from stages.files import read_json, write_text
from stages.params.reading import read
from stages.reports import sections
from stages.reports.claims.evidence import SUPPLEMENTS, TABLE
from stages.reports.table import markdown
from stages.reports.tables import dataset_tables, overview
from stages.runs.places import section_folder


def keep(clone: Path) -> Path:
    """Copies the sections of all data sets in the clone's params.yaml; gives the folder they are in now.

    Raises ValueError, before anything is replaced, for a folder called `table`, for a params.yaml that is refused and
    for sections that are missing, damaged or not made by the clone's pipeline (stages/clones/made.py).
    """
    name = clone.resolve().name  # also of one that is called `..`
    if name == TABLE:
        raise CloneError(f"found {name}, the name of the report's own runs, expected another; rename the folder")
    params = read(clone / "params.yaml")
    found = made_sections(clone, params)
    folders = [clone / section_folder(params.budget, dataset) for dataset in params.datasets]
    tables = [*overview(found), *(t for section in found for t in dataset_tables(section))]
    place = SUPPLEMENTS / params.budget / name
    new = place.with_name(f".0-{name}")  # a name that DVC and git take for a file being written
    shutil.rmtree(new, ignore_errors=True)
    for folder in folders:
        shutil.copytree(folder, new / folder.name)
        compact(new / folder.name / sections.NAME)
    write_text(new / "table.md", markdown(tables))
    shutil.rmtree(place, ignore_errors=True)
    new.rename(place)
    return place


def compact(path: Path) -> None:
    """The same JSON without indentation: with several seeds of many joints that is a third less for git to keep."""
    write_text(path, json.dumps(read_json(path), sort_keys=True, allow_nan=False, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path, help="the folder that stages.clones made")
    clone = parser.parse_args().clone
    with command("keep"):
        check_other(clone)
        check_idle(clone)
        print(f"kept in {keep(clone)}; `make report` renews the claims' verdicts, then commit")


if __name__ == "__main__":
    main()
