"""Have the results got worse, and do they belong together? `python -m stages.check`, or `make check`.

Exit codes: 0 no fault; 1 a fault, which is named. Results that are older than code or parameters are listed, and are a
fault only with --strict. With --baseline the present results become the baseline instead, and old and new values are
printed.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from stages.check import verdicts
from stages.check.accepted import not_accepted
from stages.check.agreement import AgreementError, disagreements, read_lock
from stages.check.alterations import altered, derived_otherwise, other_values
from stages.check.baseline import unmatched, written_by_hand
from stages.check.environment import other_torch
from stages.check.older import older_studies, older_supplements, older_trials
from stages.check.provenance import uncommitted
from stages.check.quotes import misquoted
from stages.check.regression import RegressionError, differences
from stages.check.renewal import renew
from stages.check.since import changes, earlier_revision
from stages.command import command
from stages.parallel.lockfile import Entry
from stages.params.reading import read
from stages.params.resolution import resolve
from stages.params.schema import Params
from stages.reports.claims import evidence
from stages.reports.tables import read_sections, runs_of, stale_results
from stages.runs.fingerprint import Program
from stages.runs.places import CONFIGS, MATRIX, report_folder, section_folder
from stages.runs.resolved import resolved
from stages.tuning import rows as tuning

BASELINE = Path("reports", "baseline")
SINCE = "show what changed since this git revision; default: since the upstream branch was left, or the last commit"
NO_REVISION = (
    "Compared with no earlier revision, so that a changed baseline is not shown: found neither an upstream branch nor "
    "an earlier commit in this clone; SINCE=<revision> names one, `git fetch --unshallow` fetches them."
)


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


def older_and_altered(params: Params, entries: Mapping[str, Entry], program: Program) -> tuple[list[str], list[str]]:
    """Results older than code, parameters or torch, or of no commit; and what is in the report and not in sections.

    Supplements and studies, too: the paper's claims are tested on them; and trials, by which settings were chosen.
    """
    files = resolved(params, program)
    matrix = files[MATRIX]
    configs = {path.stem: config for path, config in files.items() if path.parent == CONFIGS}
    try:
        sections = read_sections(matrix)
        known = evidence.read(params.budget, sections)
        supplements, studies = evidence.supplements(params.budget), evidence.studies(params.budget)
        trials = tuning.read_all(params.budget)
    except ValueError as error:  # as ArtifactsError and RecordError are
        return [], [str(error)]
    folders = [section_folder(params.budget, section.dataset) for section in sections]
    both = zip(sections, folders, strict=True)
    faults = [fault for section, folder in both for fault in altered(section, folder, entries)]
    for name, parts in supplements.items():
        for part in parts:
            faults += other_values(part, evidence.SUPPLEMENTS / params.budget / name / part.dataset, f"{name}, ")
    faults += derived_otherwise(sections, known, report_folder(params.budget))
    runs = runs_of(sections)
    older = [*map(str, stale_results(sections, configs, program)), *other_torch(runs), *uncommitted(runs)]
    beside = [*older_supplements(params, supplements, program), *older_studies(studies, program)]
    return [*older, *beside, *older_trials(trials, program)], faults


def beside_baseline(
    results: Path, baseline: Path, revision: str | None, entries: Mapping[str, Entry], program: Program
) -> tuple[str, list[str]]:
    """What differs from the baseline and since the revision, as Markdown, and the faults in it.

    Raises RegressionError where the results cannot be compared with the baseline.
    """
    text, faults = differences(results, baseline, "Differences from the baseline")
    changed = verdicts.changed(results, baseline)
    faults += [*changed, *unmatched(results, baseline)]
    text += "\n" + listed("Verdicts that changed", changed)
    if revision is None:
        return f"{text}\n{NO_REVISION}\n", faults
    faults += written_by_hand(results, baseline, revision)
    return f"{text}\n{changes(revision, results, baseline, entries, program)}", faults


def listed(title: str, lines: list[str]) -> str:
    """A part of the document."""
    return "\n".join([f"# {title}: {len(lines)}", "", *(f"- {line}" for line in lines), ""])


def check(params: Params, since: str | None, strict: bool) -> tuple[str, list[str]]:
    """What differs and what is stale, as Markdown, and every fault."""
    results, baseline = report_folder(params.budget), BASELINE / params.budget
    entries, program, revision = read_lock(Path()), Program(), earlier_revision(since)
    older, faults = older_and_altered(params, entries, program)
    found = disagreements(Path(), entries, list(resolve(params)), results / "inputs.csv")
    faults += [f"dvc.lock does not agree with {fault}; `make table` renews it" for fault in found]
    faults += [*not_accepted(entries), *misquoted()]
    if strict:
        faults += [f"stale: {result}" for result in older]
    try:
        text, worse = beside_baseline(results, baseline, revision, entries, program)
    except RegressionError as error:  # what DVC found may be the reason
        raise RegressionError("\n  ".join([str(error), *faults])) from error
    if older:
        text += "\n" + listed("Older than the code", older)
    return text, [*worse, *faults]


def add_to_summary(path: Path, text: str, faults: list[str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join([text, *(f"- **Fault**: {fault}" for fault in faults)]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--baseline", action="store_true", help="make the present results the baseline")
    parser.add_argument("--since", metavar="REVISION", help=SINCE)
    parser.add_argument("--strict", action="store_true", help="results older than code or parameters are faults, too")
    parser.add_argument("--summary", type=Path, help="Markdown file to which tables and faults are added")
    arguments = parser.parse_args()
    with command("check", AgreementError):
        params = read(Path("params.yaml"))
        results, baseline = report_folder(params.budget), BASELINE / params.budget
        if arguments.baseline:
            return renew(results, baseline)
        if missing := absent(results, baseline):
            raise SystemExit("check: nothing compared\n  " + "\n  ".join(missing))
        text, faults = check(params, arguments.since, arguments.strict)
        print(text)
        if arguments.summary:
            add_to_summary(arguments.summary, text, faults)
    if faults:
        raise SystemExit(f"check: {len(faults)} faults\n  " + "\n  ".join(faults))
    print("check: no value is worse than the baseline, and dvc.lock, sections and reports agree")


if __name__ == "__main__":
    main()
