"""Train what trials.yaml lists for a data set, every method the same, and write down what each reached:

    python -m stages.tuning omniglot [--methods vhp_rewo vampprior] [--trials "decay 0.05"] [--jobs 2]

Up to the stage `train` of the pipeline, in a clone, studies/tuning/<data set>/, which shares this repository's cache:
nothing is measured on the test set. Each training adds a row to reports/tuning/<budget>/<data set>/trials.csv, and
table.md beside it is made anew; what has a row is skipped. Interrupted and started again, it resumes.
"""

import argparse
import itertools
import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from stages.clones import __main__ as clone
from stages.command import command
from stages.files import write_text
from stages.parallel.arguments import at_least_one
from stages.params import plain_yaml
from stages.params.reading import read as read_params
from stages.reports.rows import has, to_train
from stages.study import pipeline
from stages.tuning import report, rows, trials
from stages.tuning.trials import Cell, Search

logger = logging.getLogger(__name__)


def wanted(search: Search, params: dict[str, Any], methods: Sequence[str], names: Sequence[str]) -> list[Cell]:
    """The trials asked for, by default all. Raises ValueError for a method or trial that is not there, or for none."""
    for given, known in ((methods, params["methods"]), (names, list(search.trials))):
        if unknown := [name for name in given if name not in known]:
            raise ValueError(f"found no {', '.join(unknown)}, expected some of {', '.join(known)}")
    methods, names = methods or params["methods"], names or list(search.trials)
    cells = [cell for cell in search.cells(params) if cell.method in methods and cell.trial in names]
    if not cells:
        asked = f"for {', '.join(methods)} among {', '.join(names) or 'none'}"
        left_out = "one that changes nothing for a method is left out"
        raise ValueError(f"found no trials of {search.dataset} {asked}, expected some; {left_out}")
    return cells


def train(place: Path, search: Search, params: dict[str, Any], cells: Sequence[Cell], jobs: int) -> int:
    """The runs of one trial and seed, in the clone, up to their training; its exit status.

    What fails, or was not come to, has no training_time.json there.
    """
    changed = search.params(params, search.trials[cells[0].trial])
    changed |= {"methods": [cell.method for cell in cells], "seeds": [cells[0].seed]}
    return pipeline.run(place, changed, [cell.run for cell in cells], "train", jobs)


def write(folder: Path, search: Search, params: dict[str, Any]) -> str:
    """table.md, from trials.csv beside it. Raises ValueError if that has no rows."""
    found = rows.read(folder / rows.FILE)
    if found.empty:
        raise ValueError(
            f"found no trials of {search.dataset} in {folder / rows.FILE}, expected at least one; run without --table"
        )
    text = report.text(found, search, params)
    write_text(folder / "table.md", text)
    return text


def run(search: Search, params: dict[str, Any], cells: Sequence[Cell], folder: Path, jobs: int, force: bool) -> None:
    """Raises ValueError at the end if some trainings were not finished, or the pipeline failed all the same."""
    csv = folder / rows.FILE
    if not (left := to_train(rows.read(csv), cells)):
        return
    order, place = list(search.trials), Path("studies", "tuning", search.dataset)
    together = lambda cell: (order.index(cell.trial), cell.seed)  # noqa: E731
    with closing(clone.make(place, force)):
        for _, group in itertools.groupby(sorted(left, key=together), key=together):
            of_trial, status = list(group), 1
            try:
                status = train(place, search, params, of_trial, jobs)
            finally:  # also at Ctrl-C: what was finished has its row
                failed = keep(place, search, of_trial, csv)
                if csv.exists():
                    write(folder, search, params)
            if failed:
                logger.warning("not finished: %s", "; ".join(failed))
            elif status:
                raise ValueError(f"found exit status {status} of the pipeline, expected 0; the errors are above")
    if missing := [cell for cell in left if not has(rows.read(csv), cell.key, cell.settings)]:
        raise ValueError(f"{len(missing)} of {len(left)} trainings were not finished; the errors are above")


def keep(place: Path, search: Search, cells: Sequence[Cell], csv: Path) -> list[str]:
    """A row for each training in the clone; those that were not finished."""
    failed = []
    for cell in cells:
        found = rows.row(place, cell, trials.as_text([search.always, search.trials[cell.trial]], cell.method))
        if found is None:
            failed.append(f"{cell.trial}, {cell.run}")
        else:
            rows.append(csv, found)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="one of trials.yaml")
    parser.add_argument("--methods", nargs="*", default=[], help="(default: those of params.yaml)")
    parser.add_argument("--trials", nargs="*", default=[], help="(default: all)")
    parser.add_argument("--jobs", type=at_least_one, default=1, help="trainings at once (default: %(default)s)")
    parser.add_argument("--force", action="store_true", help="also delete commits, experiments, stashes in the clone")
    parser.add_argument("--table", action="store_true", help="train nothing: make table.md from trials.csv")
    arguments = parser.parse_args()
    with command("tuning"):
        read_params(pipeline.PARAMS)  # a mistake in it is that of no trial
        params = plain_yaml.read(pipeline.PARAMS)
        search = trials.read(trials.TRIALS, arguments.dataset)
        folder = rows.folder(search.budget, search.dataset)
        cells = wanted(search, params, arguments.methods, arguments.trials)
        if not arguments.table:
            run(search, params, cells, folder, arguments.jobs, arguments.force)
        print(write(folder, search, params), end="")


if __name__ == "__main__":
    main()
