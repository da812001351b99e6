"""Whether a clone's sections were made there: for what its params.yaml asks, by a pipeline that came to its end.

A clone begins with the committed sections and dvc.lock of this repository, which agree with each other. So until the
clone's pipeline renews a section, it is that of this repository, which may be of other runs.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.clones.git import CloneError
from stages.files import read_json
from stages.params.resolution import resolve
from stages.params.schema import Params
from stages.reports import sections
from stages.reports.sections import Section
from stages.runs import recorded
from stages.runs.outputs.contents import check_values
from stages.runs.places import MATRIX, section_folder
from stages.runs.run_stages import RUN_STAGES
from stages.runs.stale import changed_settings

SETTINGS = sorted({name for stage in RUN_STAGES.values() for name in stage.sections})


def made_sections(clone: Path, params: Params) -> list[Section]:
    """Those of all data sets in params, the content of the clone's params.yaml.

    Raises CloneError for one that is missing or was not made by the clone's pipeline, ArtifactsError for one that
    cannot be read, and RecordError or ValueError for a dvc.lock or matrix of the clone that cannot.
    """
    configs = resolve(params)
    found = []
    for dataset in params.datasets:
        folder = section_folder(params.budget, dataset)
        path = clone / folder / sections.NAME
        remedy = f"repeat the command that makes {clone}, with the same METHODS, SEEDS and so on, until it succeeds"
        if not path.exists():
            raise CloneError(f"{path}: found no such file, expected the section of {dataset}; {remedy}")
        section = sections.parse(path, remedy)
        wanted = {name: config for name, config in configs.items() if config["run"]["dataset"] == dataset}
        for fault in [*other_runs(section, wanted), *other_record(clone, folder, dataset)]:
            raise CloneError(f"{clone / folder}: {fault}; {remedy}")
        found.append(section)
    return found


def other_runs(section: Section, wanted: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Why these are not the runs that params.yaml asks for. wanted: name -> configuration."""
    if other := sorted(wanted.keys() ^ {run.name for run in section.runs}):
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        yield (
            f"found a section of {len(section.runs)} runs, expected the {len(wanted)} that the clone's params.yaml "
            f"asks for, which differ in {other[0]}{more}"
        )
        return
    for run in section.runs:
        if changed := changed_settings(run.config, wanted[run.name], SETTINGS):
            yield f"found {run.name} with another {', '.join(changed)}, expected that of the clone's params.yaml"


def other_record(clone: Path, folder: Path, dataset: str) -> Iterator[str]:
    """Why the clone's pipeline did not leave the section, in the clone's `folder`, like this."""
    lock, matrix = clone / recorded.LOCK, clone / MATRIX
    entry = recorded.entry(f"section@{dataset}", lock)
    try:
        [md5] = [out["md5"] for out in (entry or {})["outs"] if out["path"] == folder.as_posix()]
        made_for = (entry or {})["params"][MATRIX.as_posix()][f"sections.{dataset}"]
    except (KeyError, TypeError, ValueError):
        yield f"found no record of it in {lock}, expected one of section@{dataset}"
        return
    if (now := recorded.md5_of_folder(clone / folder)) != md5:
        yield f"found the MD5 {now}, expected {md5}, which {lock} has of section@{dataset}"
    # Not in git: a clone has a matrix only when its pipeline has begun.
    content = check_values(matrix, read_json(matrix), {"sections": dict}) if matrix.exists() else {"sections": {}}
    if made_for != content["sections"].get(dataset):
        yield f"found it made by other code or parameters than {matrix} has, expected the same"
