"""What in the committed report was altered: sections are compared with their checksums, tables with the sections."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.files import as_json, md5_of, read_json
from stages.reports import sections
from stages.reports.artifacts import JSON_OUTPUTS, RunArtifacts
from stages.reports.claims.evidence import Evidence
from stages.reports.tables import texts
from stages.runs import recorded
from stages.runs.places import data_file, run_folder
from stages.runs.run_stages import RUN_STAGES

# Outputs that no table or figure shows: older sections do not have their checksums.
NOT_SHOWN = ("model.safetensors", "graph.graphml")
LIKELIHOODS, WEIGHTS = "likelihood.npz", "importance_weights"  # of each test example; the figure of their weights

Entries = Mapping[str, dict[str, Any]]  # the stages of dvc.lock


def altered(section: sections.Section, folder: Path, entries: Entries) -> Iterator[str]:
    """Values that are not those of the files that the section was made from, and what dvc.lock has otherwise.

    folder: the section's.
    """
    yield from other_values(section, folder)
    other = [what for run in section.runs for what in made_otherwise(run, entries)] + [*other_inputs(section, entries)]
    for what in other:
        yield f"{section.dataset}: found {what}, dvc.lock otherwise; `dvc repro section@{section.dataset}` renews it"


def made_otherwise(run: RunArtifacts, entries: Entries) -> Iterator[str]:
    """Code and parameters that are not those with which the run's stages ran."""
    for stage in RUN_STAGES:
        entry = entries.get(f"{stage}@{run.name}", {})
        if (made := run.code.get(stage)) != recorded.code(entry, stage):
            yield f"{made} as the code that made {stage} of {run.name}"
        values: Mapping[str, Any] = next(iter(entry.get("params", {}).values()), {})
        if other := [s for s in RUN_STAGES[stage].sections if values.get(s) != run.config.get(s)]:
            yield f"other parameters of {stage} of {run.name} in {', '.join(other)}"


def other_inputs(section: sections.Section, entries: Entries) -> Iterator[str]:
    """Files that the section should have been made from and was not, or the reverse."""
    stages = [entries.get(f"{stage}@{run.name}", {}) for run in section.runs for stage in RUN_STAGES]
    known = {out["path"] for entry in stages for out in entry.get("outs", [])} | {data_file(section.dataset).as_posix()}
    yield from (f"{path} as an input of the section" for path in sorted(section.inputs.keys() - known))
    left_out = (*NOT_SHOWN, *([] if shows_likelihoods(section) else [LIKELIHOODS]))
    unread = sorted(path for path in known - section.inputs.keys() if Path(path).name not in left_out)
    yield from (f"no {path} among the inputs of the section" for path in unread)


def shows_likelihoods(section: sections.Section) -> bool:
    """Paired differences, and with them bold and verdicts, come from the likelihoods of each test example."""
    return bool(section.differences) or any(drawn.path.stem == WEIGHTS for drawn in section.figures)


def other_values(section: sections.Section, folder: Path, of: str = "") -> Iterator[str]:
    """Values that are not those of the files that the section was made from.

    folder: the section's. of: whose, for the sentence.
    """
    stored = read_json(folder / sections.NAME)["runs"]
    for run in section.runs:
        files = {f"{name}.json": as_json(getattr(run, name)) for name in JSON_OUTPUTS}
        files["history.csv"] = "".join(f"{line}\n" for line in stored[run.name]["history"])
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
