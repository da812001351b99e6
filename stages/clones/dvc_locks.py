"""Who works in a folder by DVC itself, as `dvc exp run` does: by the two locks that DVC 3 keeps in .dvc/tmp.

`lock` is held while DVC reads and writes its records. `rwlock` names those that run a stage or an experiment meanwhile:
{"write": {path: {"pid": 1, "cmd": "dvc repro"}}, "read": {path: [{...}]}}. What is killed leaves its name in it.
"""

import fcntl
import json
import os
from itertools import chain
from pathlib import Path

LOCK, RWLOCK = Path(".dvc", "tmp", "lock"), Path(".dvc", "tmp", "rwlock")


def at_work(folder: Path) -> str | None:
    """A process of DVC that works in the folder, in words; None if there is none."""
    if is_held(folder / LOCK):
        return "a process of DVC"
    for pid, command in named(folder / RWLOCK).items():
        if is_alive(pid):
            return f"process {pid} ({command}; if it is another by now, delete {folder / RWLOCK})"
    return None


def is_held(path: Path) -> bool:
    """Raises OSError, with the file's name, where there are no locks."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        error.filename = str(path)
        raise
    return False


def named(path: Path) -> dict[int, str]:
    """The processes in a `rwlock`, with their commands; none of a file that DVC could not read either."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = chain(content.get("write", {}).values(), *content.get("read", {}).values())
        return {int(each["pid"]): each["cmd"] for each in found}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
