"""What is older than the code or the parameters beside the table: supplements, studies, trials. A line for each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from stages.check.environment import other_torch
from stages.check.provenance import uncommitted
from stages.check.wording import first_of
from stages.params.resolution import resolve
from stages.params.schema import Params
from stages.reports.sections import Section
from stages.reports.tables import runs_of, stale_results
from stages.runs.fingerprint import FingerprintError, Program
from stages.runs.stale import Stale, other_code
from stages.study.columns import CODES

UNKNOWN = "made before studies said how, by code that is not known"


def older_supplements(params: Params, supplements: Mapping[str, Sequence[Section]], program: Program) -> Iterator[str]:
    """Of each supplement what differs from what its own methods and seeds would be made with now."""
    for name, sections in supplements.items():
        # Of a data set that is no more there is no code to compare with, and no configuration.
        present = [section for section in sections if program.text(f"vhp.datasets.{section.dataset}") is not None]
        configs: dict[str, dict[str, Any]] = {}
        for section in present:
            configs |= configurations(params, section)
        runs = runs_of(sections)
        lines = [*map(str, stale_results(present, configs, program)), *other_torch(runs), *uncommitted(runs)]
        if gone := [run.name for run in runs if run.name not in configs]:
            lines.append(f"{first_of(gone)}: params.yaml and the code have no such run any more")
        yield from (f"supplement {name}: {line}" for line in lines)


def configurations(params: Params, section: Section) -> dict[str, dict[str, Any]]:
    """Of each of the section's runs as it would be now; not of a method that is no more."""
    found: dict[str, dict[str, Any]] = {}
    for method in dict.fromkeys(run.method for run in section.runs):
        seeds = [run.seed for run in section.runs if run.method == method]
        axes = {"datasets": [section.dataset], "methods": [method], "seeds": seeds}
        try:
            found |= resolve(params.model_copy(update=axes))
        except ValueError:  # an unknown name, or one without parameters; what the matrix has was resolved before
            continue
    return found


def older_studies(studies: Mapping[str, pd.DataFrame], program: Program) -> Iterator[str]:
    """Of each study, by its parameter, the runs that other code has made, where its results.csv says which did."""
    for param, results in studies.items():
        if results[list(CODES)].isna().all(axis=None):
            yield f"study {param}: {UNKNOWN}"
        else:
            yield from (f"study {param}: {stale}" for stale in older_runs(results, program))


def older_runs(results: pd.DataFrame, program: Program) -> list[Stale]:
    """Of one study. results: columns stages.study.columns.COLUMNS."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for row in results.astype(object).where(results.notna(), None).to_dict("records"):
        for column in CODES:
            stage = column.removeprefix("code_")
            if reason := reason_of(row[column], row["revision"], (stage, row["dataset"], row["method"]), program):
                name = f"{row['dataset']}-{row['method']}-{row['seed']} at {row['value']}"
                found.setdefault((stage, *reason), []).append(name)
    return [Stale(stage, tuple(runs), why, revision) for (stage, why, revision), runs in found.items()]


def older_trials(trials: Mapping[str, pd.DataFrame], program: Program) -> Iterator[str]:
    """Of the trials of each data set those that other code has trained. trials: columns stages.tuning.rows.COLUMNS."""
    for dataset, frame in trials.items():
        found: dict[tuple[str, str | None], list[str]] = {}
        for row in frame.to_dict("records"):
            if reason := reason_of(row["code"], row["revision"], ("train", dataset, row["method"]), program):
                found.setdefault(reason, []).append(f"{row['method']}, {row['trial']}, seed {row['seed']}")
        for (why, revision), names in found.items():
            yield f"trials of {dataset}: {Stale('train', tuple(names), why, revision)}"


def reason_of(
    code: str | None, revisions: str | None, cell: tuple[str, str, str], program: Program
) -> tuple[str, str | None] | None:
    """Why a stage's results might differ now, and the revision that has the code which made them; None if by no code.

    revisions: at which the run's stages were made, with spaces between them.
    """
    try:
        now = program.of_stage(*cell)
    except FingerprintError:
        return "there is no such method or data set any more", None
    if code is None:
        return "made by code that is not known", None
    return None if code == now else other_code(code, (revisions or "").split(), cell, program)
