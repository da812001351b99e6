"""What dvc.lock says of a stage: what code made its outputs, and their checksums.

The lines of one stage are read, without DVC: to load DVC and the whole file would take longer than most stages. Without
a dvc.lock, on a machine without DVC, nothing is known.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stages.files import md5, md5_of

LOCK = Path("dvc.lock")
UNFINISHED = re.compile(r"\.[0-9].*-")  # as in .dvcignore; see stages.files.replacing


class RecordError(ValueError):
    """A file is not what dvc.lock says it is, or dvc.lock cannot be read; the message names it and the remedy."""


def entry(stage: str, lock: Path = LOCK) -> dict[str, Any] | None:
    """The stage's command, deps, params and outs; None if dvc.lock does not exist or has no such stage."""
    if not lock.exists():
        return None
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise RecordError(f"{lock} cannot be read ({error}); `git checkout {lock}`") from error
    if f"  {stage}:" not in lines:
        return None
    import yaml  # imported only if dvc.lock exists: a machine without DVC has neither

    first = lines.index(f"  {stage}:") + 1
    rest = lines[first:]
    block = rest[: next((i for i, line in enumerate(rest) if not line.startswith("   ")), len(rest))]
    try:
        found = yaml.safe_load("\n".join(block))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RecordError(f"{lock}: {stage} cannot be read, are there conflict markers? {error}") from error
    if not isinstance(found, dict):
        raise RecordError(f"{lock}: found no mapping at {stage}, expected cmd, deps and outs; `git checkout {lock}`")
    return found


def code(recorded: dict[str, Any] | None, stage: str) -> str | None:
    """The fingerprint of the code that ran; stage: its name without data set and run. None where none is recorded."""
    params = (recorded or {}).get("params", {}).values()
    return next((values[f"code.{stage}"] for values in params if f"code.{stage}" in values), None)


def check(stage: str, files: Iterable[Path], lock: Path = LOCK, remedy: str | None = None) -> dict[str, Any] | None:
    """The stage's entry, if the files and folders are the outputs that it names; what it does not name does not count.

    Raises RecordError for a file that differs: it was damaged, or made by hand.
    """
    recorded = entry(stage, lock)
    remedy = remedy or f"delete both and run `dvc fetch {stage}` or `dvc repro {stage}`"
    try:
        made = {out["path"]: out["md5"] for out in (recorded or {}).get("outs", [])}
    except (KeyError, TypeError) as error:
        raise RecordError(f"{lock}: found no path and md5 of each output of {stage}; `git checkout {lock}`") from error
    for file in files:
        expected = made.get(file.as_posix())
        if expected is not None and (found := md5_of_folder(file) if file.is_dir() else md5(file)) != expected:
            raise RecordError(
                f"{file}: found the MD5 {found}, expected {expected}, which dvc.lock has of {stage}: it was changed, "
                f"or its copy in DVC's cache is damaged; {remedy}"
            )
    return recorded


def md5_of_folder(folder: Path) -> str:
    """As DVC has it: of a list of its files, but for those that a killed program was writing, which DVC ignores."""
    files = [path for path in folder.rglob("*") if path.is_file() and not UNFINISHED.match(path.name)]
    entries = [{"md5": md5(path), "relpath": path.relative_to(folder).as_posix()} for path in files]
    entries.sort(key=lambda entry: entry["relpath"])
    return f"{md5_of(json.dumps(entries, sort_keys=True).encode())}.dir"
