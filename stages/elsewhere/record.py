"""What a stage's outputs were made from: written where they are made, compared where they are brought back.

A record is <stage>.record.json in the run's folder, with the stage's part of the run's configuration (and in it the
fingerprint of its code, without which it does not run), the MD5 of the files that it reads, and once it is done the MD5
of its outputs. MD5 because DVC's own records hold it: they can be compared.
"""

import os
from pathlib import Path
from typing import Any

from stages.files import md5, read_json, write_json
from stages.runs.configs import read_config
from stages.runs.outputs.contents import check_values
from stages.runs.places import RUNS, config_file, data_file, run_folder
from stages.runs.run_stages import RUN_STAGES

STAGES = ("train", "evaluate")  # in the order in which they run


def folder_of(root: Path, run: str) -> Path:
    """The run's folder below root, which is some machine's folder `runs`."""
    return root / run_folder(run).relative_to(RUNS)


def path_of(root: Path, run: str, stage: str) -> Path:
    return folder_of(root, run) / f"{stage}.record.json"


def config_of(run: str, stage: str) -> dict[str, Any]:
    """The stage's part of the run's configuration. Raises FileNotFoundError, and ValueError for one that is damaged."""
    sections = RUN_STAGES[stage].sections
    whole = read_config(run, (*sections, "code"))
    check_values(config_file(run), whole["code"], {stage: str})
    return {section: whole[section] for section in sections} | {"code": {stage: whole["code"][stage]}}


def inputs(run: str, stage: str) -> dict[str, Any]:
    """The record of a stage that has not yet run, of the files in the working directory.

    Raises FileNotFoundError for one that is missing, and ValueError for a configuration that is damaged.
    """
    config = config_of(run, stage)
    files = [data_file(config["run"]["dataset"])]
    if stage == "evaluate":
        files.append(run_folder(run) / "model.safetensors")
    return {"config": config, "files": {file.as_posix(): md5(file) for file in files}}


def outputs(root: Path, run: str, stage: str) -> dict[str, str]:
    """The MD5 of the outputs that exist, by name; root: the folder `runs` that holds them.

    Raises ValueError for one that is a link: it might be any file of this machine.
    """
    files = {name: folder_of(root, run) / name for name in RUN_STAGES[stage].outputs}
    return {name: md5(own(root, file)) for name, file in files.items() if os.path.lexists(file)}


def own(root: Path, file: Path) -> Path:
    """The file below root. Raises ValueError if it, or a folder on the way to it, is a link, or it is no file."""
    way = [file, *(folder for folder in file.parents if folder.is_relative_to(root) and folder != root)]
    if links := [path for path in way if path.is_symlink()]:
        raise ValueError(
            f"{links[0]}: found a link, expected a {'file' if links[0] == file else 'folder'}: copy what it names"
        )
    if not file.is_file():
        raise ValueError(f"{file}: found no regular file, expected one")
    return file


def read(root: Path, run: str, stage: str) -> dict[str, Any] | None:
    """The record, None if there is none. Raises ValueError for one that is no record, or is a link."""
    path = path_of(root, run, stage)
    if not os.path.lexists(path):
        return None
    record = read_json(own(root, path))
    wrong = [key for key in ("config", "files") if not _mapping(record, key, dict if key == "config" else str)]
    if wrong or ("outputs" in record and not _mapping(record, "outputs", str)):
        raise ValueError(
            f"{path}: found no record at {', '.join(wrong) or 'outputs'}, expected config, files with their MD5 and, "
            "of a stage that is done, outputs with theirs: bring the folder again"
        )
    return record


def _mapping(record: Any, key: str, kind: type) -> bool:
    """Whether the record has this key, and there a mapping to values of this type."""
    found = record.get(key) if isinstance(record, dict) else None
    return isinstance(found, dict) and all(isinstance(value, kind) for value in found.values())


def write(run: str, stage: str, record: dict[str, Any]) -> None:
    write_json(path_of(RUNS, run, stage), record)


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """A line for each name whose checksums differ, both named; names that only `found` has do not count."""
    return [
        f"{name}: found {found.get(name, 'nothing')}, expected {checksum}"
        for name, checksum in expected.items()
        if found.get(name) != checksum
    ]
