"""Have the results got worse, and do they belong together? `python -m stages.check`, or `make check`.

Exit codes: 0 no fault; 1 a fault, which is named. Results that are older than code or parameters are listed, and are a
fault only with --strict. With --baseline the present results become the baseline instead, and old and new values are
printed.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stages.check import verdicts
from stages.check.agreement import AgreementError, disagreements, read_lock
from stages.check.alterations import altered, derived_otherwise, other_values
from stages.check.regression import FILES, RegressionError, compare, difference_table
from stages.files import replacing
from stages.parallel.lockfile import Entry
from stages.params.schema import Params, ParamsError, read, resolve
from stages.reports.claims import evidence
from stages.reports.table import markdown
from stages.reports.tables import read_sections, stale_results
from stages.runs.fingerprint import FingerprintError, Program
from stages.runs.places import CONFIGS, MATRIX, report_folder
from stages.runs.recorded import RecordError
from stages.runs.resolved import resolved
from stages.runs.stale import Stale

BASELINE = Path("reports", "baseline")


def absent(results: Path, baseline: Path) -> list[str]:
    """Missing files, and the command that makes each."""
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
    files = (*FILES, verdicts.NAME)
    if missing := [str(results / name) for name in files if not (results / name).exists()]:
        raise RegressionError(f"missing: {', '.join(missing)}; `make table` makes them")
    if baseline.exists():
        print(differences(results, baseline, "Differences from the old baseline")[0])
        print("\n".join(verdicts.changed(results, baseline) if (baseline / verdicts.NAME).exists() else []))
    for name in files:
        with replacing(baseline / name) as temporary:
            shutil.copyfile(results / name, temporary)
    print(f"{baseline} is now as {results}; commit it, and say why")


def older_and_altered(params: Params, entries: Mapping[str, Entry]) -> tuple[list[Stale], list[str]]:
    """Results older than code or parameters; and what in the committed report is not what its sections say."""
    program = Program()
    files = resolved(params, program)
    matrix = files[MATRIX]
    configs = {path.stem: config for path, config in files.items() if path.parent == CONFIGS}
    try:
        sections = read_sections(matrix)
        known = evidence.read(params.budget, sections)
        supplements = evidence.supplements(params.budget)
    except (ValueError, RecordError) as error:  # ArtifactsError is a ValueError
        return [], [str(error)]
    faults = [fault for section in sections for fault in altered(section, entries)]
    faults += [f for name, parts in supplements.items() for part in parts for f in other_values(part, f"{name}, ")]
    faults += derived_otherwise(sections, known, report_folder(params.budget))
    return stale_results(sections, configs, program), faults


def check(params: Params, options: argparse.Namespace) -> list[str]:
    """Every fault; prints the tables of differences and what is stale, and adds them to the summary."""
    results, baseline = report_folder(params.budget), BASELINE / params.budget
    entries = read_lock(Path())
    older, faults = older_and_altered(params, entries)
    found = disagreements(Path(), entries, list(resolve(params)), results / "inputs.csv")
    faults += [f"dvc.lock does not agree with {fault}; `make table` renews it" for fault in found]
    if options.strict:
        faults += [f"stale: {result}" for result in older]
    try:
        text, worse = differences(results, baseline, "Differences from the baseline")
        changed = verdicts.changed(results, baseline)
        faults = worse + changed + faults
        text += "\n".join(["", f"# Verdicts that changed: {len(changed)}", "", *(f"- {c}" for c in changed), ""])
        if options.since:
            text += "\n" + differences_since(options.since, results)
    except RegressionError as error:  # what DVC found may be the reason
        raise RegressionError("\n  ".join([str(error), *faults])) from error
    if older:
        text += "\n".join(["", f"# Older than the code: {len(older)}", "", *(f"- {result}" for result in older), ""])
    print(text)
    if options.summary:
        with options.summary.open("a") as file:
            file.write("\n".join([text, *(f"- **Fault**: {fault}" for fault in faults)]) + "\n")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--baseline", action="store_true", help="make the present results the baseline")
    parser.add_argument("--since", metavar="REVISION", help="show also what changed since this git revision")
    parser.add_argument("--strict", action="store_true", help="results older than code or parameters are faults, too")
    parser.add_argument("--summary", type=Path, help="Markdown file to which tables and faults are added")
    arguments = parser.parse_args()
    try:
        params = read(Path("params.yaml"))
    except ParamsError as error:
        raise SystemExit(f"params.yaml: {error}") from error
    results, baseline = report_folder(params.budget), BASELINE / params.budget
    try:
        if arguments.baseline:
            return renew(results, baseline)
        if missing := absent(results, baseline):
            raise SystemExit("check: nothing compared\n  " + "\n  ".join(missing))
        faults = check(params, arguments)
    except (RegressionError, AgreementError, FingerprintError, ParamsError) as error:
        raise SystemExit(f"check: {error}") from error
    if faults:
        raise SystemExit(f"check: {len(faults)} faults\n  " + "\n  ".join(faults))
    print("check: no value is worse than the baseline, and dvc.lock, sections and reports agree")


if __name__ == "__main__":
    main()
