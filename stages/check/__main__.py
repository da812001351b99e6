"""Have the results got worse, and do they belong to this code? `python -m stages.check`, or `make check`.

Exit codes: 0 all is well; 1 a fault, which is named.
With --baseline the present results become the baseline instead, and old and new values are printed.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from stages.check.agreement import AgreementError, disagreements
from stages.check.regression import FILES, RegressionError, compare, difference_table
from stages.files import replacing
from stages.reports.table import markdown
from stages.runs.places import config_file
from stages.runs.schema import Params, ParamsError, read, resolve

BASELINE = Path("reports", "baseline")


def absent(results: Path, baseline: Path) -> list[str]:
    """What is not there, and how to make it."""
    faults = []
    if not Path("dvc.lock").exists():
        faults.append("dvc.lock is missing: `make table` makes it; commit it with the reports")
    if not results.exists():
        faults.append(f"{results} is missing: `make table` makes it; commit it with dvc.lock")
    if not baseline.exists():
        faults.append(f"{baseline} is missing: `make baseline` makes it from {results}; commit it")
    return faults


def differences(results: Path, baseline: Path, title: str) -> tuple[str, list[str]]:
    """The table of differences as Markdown, and the faults."""
    comparisons = compare(results, baseline)
    return markdown([difference_table(comparisons, title)]), [str(c) for c in comparisons if c.fault]


def differences_since(revision: str, results: Path) -> str:
    """The table of what changed since a git revision: a new baseline must not hide what it is new for."""
    known = ["git", "rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}"]
    if subprocess.run(known, capture_output=True, check=False).returncode:
        raise RegressionError(f"--since: found {revision!r}, expected a git revision that this clone has")
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            path = (results / name).as_posix()
            shown = subprocess.run(["git", "show", f"{revision}:{path}"], capture_output=True, check=False)
            if shown.returncode:
                return f"{revision} has no {path}: everything is new.\n"
            Path(folder, name).write_bytes(shown.stdout)
        try:
            return differences(results, Path(folder), f"Differences from {revision}")[0]
        except RegressionError as error:
            return f"The results of {revision} cannot be compared: {str(error).replace(folder, revision)}\n"


def renew(results: Path, baseline: Path) -> None:
    """Make the results the baseline, and print what that changes."""
    if missing := [str(results / name) for name in FILES if not (results / name).exists()]:
        raise RegressionError(f"missing: {', '.join(missing)}; `make table` makes them")
    if baseline.exists():
        print(differences(results, baseline, "Differences from the old baseline")[0])
    for name in FILES:
        with replacing(baseline / name) as temporary:
            shutil.copyfile(results / name, temporary)
    print(f"{baseline} is now as {results}; commit it, and say why")


def check(params: Params, results: Path, baseline: Path, since: str | None, summary: Path | None) -> list[str]:
    """Every fault; prints the tables of differences, and adds them to the summary."""
    configs = {config_file(run).as_posix(): config for run, config in resolve(params).items()}
    found = disagreements(Path(), configs, results / "inputs.csv")
    faults = [f"dvc.lock does not agree with {fault}; `make table` mends it" for fault in found]
    try:
        text, worse = differences(results, baseline, "Differences from the baseline")
        faults = worse + faults
        if since:
            text += "\n" + differences_since(since, results)
    except RegressionError as error:  # what DVC found may be why
        raise RegressionError("\n  ".join([str(error), *faults])) from error
    print(text)
    if summary:
        with summary.open("a") as file:
            file.write("\n".join([text, *(f"- **Fault**: {fault}" for fault in faults)]) + "\n")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--baseline", action="store_true", help="make the present results the baseline")
    parser.add_argument("--since", metavar="REVISION", help="show also what changed since this git revision")
    parser.add_argument("--summary", type=Path, help="Markdown file to which tables and faults are added")
    arguments = parser.parse_args()
    try:
        params = read(Path("params.yaml"))
    except ParamsError as error:
        raise SystemExit(f"params.yaml: {error}") from error
    results, baseline = Path("reports", params.budget), BASELINE / params.budget
    try:
        if arguments.baseline:
            return renew(results, baseline)
        if missing := absent(results, baseline):
            raise SystemExit("check: nothing compared\n  " + "\n  ".join(missing))
        faults = check(params, results, baseline, arguments.since, arguments.summary)
    except (RegressionError, AgreementError) as error:
        raise SystemExit(f"check: {error}") from error
    if faults:
        raise SystemExit(f"check: {len(faults)} faults\n  " + "\n  ".join(faults))
    print("check: no value is worse than the baseline, and dvc.lock agrees with code, parameters and reports")


if __name__ == "__main__":
    main()
