"""What a stage's outputs were made from, by checksum: written where they are made, compared where they are taken in.

A record is runs/<run>/<stage>.record.json with the run's configuration, the MD5 of every file that the stage can read,
and once it is done the MD5 of its outputs. MD5 because DVC's own records hold it: they can be compared.
"""

from pathlib import Path
from typing import Any

from stages.files import md5, read_json, write_json

OUTPUTS = {
    "train": ("model.safetensors", "snapshots.npz", "training.json", "training_time.json", "history.csv"),
    "evaluate": ("likelihood.json", "likelihood.npz", "evaluation_time.json"),
}
STAGES = tuple(OUTPUTS)  # in the order in which they run


def code() -> list[Path]:
    """Every file of the program, relative to the working directory."""
    files = [file for folder in ("stages", "vhp") for file in Path(folder).rglob("*") if file.is_file()]
    return sorted(file for file in files if "__pycache__" not in file.parts)


def path_of(root: Path, run: str, stage: str) -> Path:
    return root / run / f"{stage}.record.json"


def inputs(run: str, stage: str) -> dict[str, Any]:
    """The record of a stage that has not yet run, of the files in the working directory.

    Raises FileNotFoundError for one that is missing.
    """
    config = read_json(Path("runs", "configs", f"{run}.json"))
    files = [*code(), Path("data", "processed", f"{config['run']['dataset']}.npz")]
    if stage == "evaluate":
        files.append(Path("runs", run, "model.safetensors"))
    return {"config": config, "files": {file.as_posix(): md5(file) for file in files}}


def outputs(root: Path, run: str, stage: str) -> dict[str, str]:
    """The MD5 of the outputs that are there, by name; root: the folder `runs` that holds them."""
    return {name: md5(root / run / name) for name in OUTPUTS[stage] if (root / run / name).exists()}


def read(root: Path, run: str, stage: str) -> dict[str, Any] | None:
    path = path_of(root, run, stage)
    return read_json(path) if path.exists() else None


def write(run: str, stage: str, record: dict[str, Any]) -> None:
    write_json(path_of(Path("runs"), run, stage), record)


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """A line for each name whose checksums differ, both named; names that only `found` has do not count."""
    return [
        f"{name}: found {found.get(name, 'nothing')}, expected {checksum}"
        for name, checksum in expected.items()
        if found.get(name) != checksum
    ]
