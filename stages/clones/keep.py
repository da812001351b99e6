"""Keep what a clone's pipeline measured beside the report's own table: `python -m stages.clones.keep ablation`.

The sections of the clone go to reports/supplements/<budget>/<name>/, with a table of their own. Those of other data
sets stay there; one of the same data set is replaced if the new one has all of its runs, else with --force only. The
verdicts on the paper's claims are computed from them, too, after `make report`.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from stages.clones.git import CloneError, check_other
from stages.clones.lock import check_idle
from stages.clones.made import made_sections
from stages.command import command
from stages.files import read_json, write_text
from stages.params.reading import read
from stages.reports import sections
from stages.reports.claims.evidence import SUPPLEMENTS, TABLE, supplement
from stages.reports.sections import Section
from stages.reports.table import markdown
from stages.reports.tables import dataset_tables, overview
from stages.runs.places import section_folder
from vhp.names import DATASETS, position


def keep(clone: Path, force: bool = False) -> Path:
    """Copies the sections of all data sets in the clone's params.yaml; gives the folder they are in now.

    force: also over sections that have runs which the clone's lack. Raises ValueError, before anything is replaced, for
    those without force, for a folder called `table`, for a params.yaml that is refused and for sections that are
    missing, damaged or not made by the clone's pipeline (stages/clones/made.py).
    """
    name = clone.resolve().name  # also of one that is called `..`
    if name == TABLE:
        raise CloneError(f"found {name}, the name of the report's own runs, expected another; rename the folder")
    params = read(clone / "params.yaml")
    made = made_sections(clone, params)
    place = SUPPLEMENTS / params.budget / name
    earlier = supplement(place)
    if not force:
        check_none_lost(place, earlier, made, clone)
    staying = [section for section in earlier if section.dataset not in params.datasets]
    found = sorted([*staying, *made], key=lambda section: position(section.dataset, DATASETS))
    tables = [*overview(found), *(t for section in found for t in dataset_tables(section))]
    new = place.with_name(f".0-{name}")  # a name that DVC and git take for a file being written
    shutil.rmtree(new, ignore_errors=True)
    for section in staying:
        shutil.copytree(place / section.dataset, new / section.dataset)
    for section in made:
        shutil.copytree(clone / section_folder(params.budget, section.dataset), new / section.dataset)
        compact(new / section.dataset / sections.NAME)
    write_text(new / "table.md", markdown(tables))
    shutil.rmtree(place, ignore_errors=True)
    new.rename(place)
    return place


def check_none_lost(place: Path, earlier: Sequence[Section], made: Sequence[Section], clone: Path) -> None:
    """Raises CloneError if an earlier section of a data set has a run that the new one lacks."""
    runs = {section.dataset: {run.name for run in section.runs} for section in made}
    for section in earlier:
        kept = {run.name for run in section.runs}
        if lost := sorted(kept - runs.get(section.dataset, kept)):
            raise CloneError(
                f"{place / section.dataset}: found {', '.join(lost)}, expected no run that {clone} lacks; repeat the "
                f"command that makes {clone} with their METHODS and SEEDS, too, or lose them with FORCE=1"
            )


def compact(path: Path) -> None:
    """The same JSON without indentation: with several seeds of many joints that is a third less for git to keep."""
    write_text(path, json.dumps(read_json(path), sort_keys=True, allow_nan=False, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path, help="the folder that stages.clones made")
    parser.add_argument("--force", action="store_true", help="also over runs that the clone lacks")
    arguments = parser.parse_args()
    clone = arguments.clone
    with command("keep"):
        check_other(clone)
        check_idle(clone)
        print(f"kept in {keep(clone, arguments.force)}; `make report` renews the claims' verdicts, then commit")


if __name__ == "__main__":
    main()
