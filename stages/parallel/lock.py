"""dvc.lock as data: a stage's entry there is all that another clone needs to fetch the stage's outputs."""

from pathlib import Path
from typing import Any

from stages.files import replacing

FILE = Path("dvc.lock")
SCHEMA = "2.0"

Entry = dict[str, Any]  # of one stage: its command, dependencies, parameters and outputs with their hashes


# DVC's own reader and writer, imported late because that takes a while: PyYAML takes ruamel's 1e-05 for text, and the
# stages with such a parameter would run again.
def read(file: Path = FILE) -> dict[str, Entry]:
    """Stage -> entry; empty where there is no file yet."""
    from dvc.utils.serialize import load_yaml

    return (load_yaml(file) or {}).get("stages", {}) if file.exists() else {}


def write(entries: dict[str, Entry], file: Path = FILE) -> None:
    from dvc.utils.serialize import dump_yaml

    with replacing(file) as temporary:
        dump_yaml(temporary, {"schema": SCHEMA, "stages": entries})


def merge(entries: dict[str, Entry]) -> None:
    """Put entries in the place of those of the same stages, while no process of DVC works on the file."""
    from dvc.repo import Repo

    with Repo(_wait_for_lock=True) as repo, repo.lock:
        write(read() | entries)
