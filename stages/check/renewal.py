"""Make the present results the baseline: `make baseline`."""

import shutil
from pathlib import Path

from stages.check import regression, verdicts
from stages.check.accepted import ACCEPTED, accept, kept, untracked
from stages.check.agreement import read_lock
from stages.check.regression import FILES, RegressionError, differences
from stages.files import replacing
from stages.parallel.lockfile import FILE


def renew(results: Path, baseline: Path) -> None:
    """Make the results the baseline, and print what that changes. Raises before anything is written."""
    entries = read_lock(Path())
    if not entries:  # every output of a stage would be accepted as a file that no stage makes
        raise RegressionError(f"{FILE} is missing, or has no stages: `make table` makes it, `git checkout` restores it")
    try:
        regression.read(results)
        verdicts.read(results)
    except RegressionError as error:
        raise RegressionError(f"{error}; `make report` makes it anew, the baseline is what it was") from error
    kept(entries, baseline)  # raises where git cannot tell
    if baseline.exists():
        print(from_the_old(results, baseline))
    for name in (*FILES, verdicts.NAME):
        with replacing(baseline / name) as temporary:
            shutil.copyfile(results / name, temporary)
    accept(entries, baseline)
    if new := sorted(kept(entries, baseline) & untracked()):
        print(f"accepted, and not in git yet: {', '.join(new)}; `git add` them with the baseline, or delete them")
    print(f"{baseline} is now as {results}, {ACCEPTED} as the other files in reports/; commit them, and say why")


def from_the_old(results: Path, baseline: Path) -> str:
    """What a new baseline changes, as Markdown; of one that lacks a file, or has a damaged one, that.

    results: a folder that can be read.
    """
    try:
        text, _ = differences(results, baseline, "Differences from the old baseline")
        return "\n".join([text, *verdicts.changed(results, baseline)])
    except RegressionError as error:
        return f"The old baseline cannot be compared: {error}"
