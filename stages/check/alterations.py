"""What in the committed report was altered: sections are compared with their checksums, tables with the sections."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.files import as_json, md5_of
from stages.reports import sections
from stages.reports.artifacts import JSON_OUTPUTS
from stages.reports.claims.evidence import Evidence
from stages.reports.tables import texts
from stages.runs import recorded
from stages.runs.places import run_folder
from stages.runs.run_stages import RUN_STAGES


def altered(section: sections.Section, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """other_values, and code that dvc.lock has otherwise.

    entries: the stages of dvc.lock.
    """
    yield from other_values(section)
    for run in section.runs:
        for stage in RUN_STAGES:
            made = recorded.code(entries.get(f"{stage}@{run.name}"), stage)
            if made != run.code.get(stage):
                yield (
                    f"{section.dataset}: found {run.code.get(stage)} as the code that made {stage} of {run.name}, "
                    f"dvc.lock has {made}; `dvc repro section@{section.dataset}` renews the section"
                )


def other_values(section: sections.Section, of: str = "") -> Iterator[str]:
    """Values that are not those of the files that the section was made from; of: whose, for the sentence."""
    for run in section.runs:
        files = {f"{name}.json": as_json(getattr(run, name)) for name in JSON_OUTPUTS}
        for name, text in files.items():
            path = (run_folder(run.name) / name).as_posix()
            if section.inputs.get(path) != md5_of(text.encode()):
                yield f"{of}{section.dataset}: what its section has of {path} is not what the section was made from"


def derived_otherwise(found: Sequence[sections.Section], known: Evidence, folder: Path) -> Iterator[str]:
    """Files of the report's tables that are not what the sections, and what else the claims are tested on, give."""
    for name, text in texts(found, known).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path} is not what its sections give: `make report` renews it"
