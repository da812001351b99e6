"""Is the baseline what it should be? A row for each result, and each row once a result and not written by hand."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from stages.check.regression import FILES, KEYS, RUN
from stages.check.since import git, put

ROW_KEYS = {"results.csv": RUN, "smoothness.csv": KEYS["smoothness"], "interpolation.csv": RUN}
Rows = dict[tuple[str, ...], dict[str, str]]  # a row's key -> its cells by column


def rows(folder: Path, name: str) -> Rows:
    """Of one of FILES, as text; none where it is missing or, in an old revision, of another form."""
    try:
        frame = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        return {tuple(row[column] for column in ROW_KEYS[name]): row for row in frame.to_dict("records")}
    except (FileNotFoundError, KeyError, ValueError):
        return {}


def unmatched(results: Path, baseline: Path) -> Iterator[str]:
    """Rows that only one of the two has: to leave one out would be to leave its result unchecked."""
    for name in FILES:
        old, new = rows(baseline, name), rows(results, name)
        for key in [*(key for key in new if key not in old), *(key for key in old if key not in new)]:
            lacking, other = (baseline, results) if key in new else (results, baseline)
            yield f"{lacking / name}: found no row {', '.join(key)}, {other / name} has one; `make baseline`"


def written_by_hand(results: Path, baseline: Path, revision: str) -> Iterator[str]:
    """Rows of the baseline that are neither the revision's nor were a result since then.

    `make baseline` copies results, so that any other row was changed by hand: a value, or an error by which the
    tolerance widens.
    """
    with TemporaryDirectory() as folder:
        then = Path(folder, "baseline")
        put(revision, baseline, FILES, then)
        for name in FILES:
            known, wanted = [rows(then, name), rows(results, name)], rows(baseline, name)
            other = [key for key, row in wanted.items() if not _is_one_of(key, row, known)]
            path = (results / name).as_posix()
            later = (git("rev-list", f"{revision}..HEAD", "--", path) or b"").decode().split()
            for commit in [revision, *later] if other else ():
                put(commit, results, (name,), Path(folder, commit))
                known.append(rows(Path(folder, commit), name))
            for key in (key for key in other if not _is_one_of(key, wanted[key], known)):
                yield (
                    f"{baseline / name}: the row {', '.join(key)} is not what it was at {revision}, and no result "
                    "since then; `git checkout` restores it, `make baseline` makes the present results the baseline"
                )


def _is_one_of(key: tuple[str, ...], row: dict[str, str], known: list[Rows]) -> bool:
    """Where one of two tables lacks a column, it does not count."""
    return any(key in table and row.items() <= (row | table[key]).items() for table in known)
