"""DVC's command line, with dvc.lock written by C code: `python -m stages.parallel.dvc_command repro ...`

DVC adds a stage's entry with ruamel.yaml's round-trip parser and emitter, which keep comments and are Python: 9 s at
226 entries, during which DVC holds its lock and no other stage can begin or end. But dvc.lock has no comments, and only
DVC writes it. This writer's text is the same, byte for byte (unless a parameter is a text of several lines), and the
file is replaced in one step. A process that waits for DVC's lock asks for it every PAUSE instead of twice per second.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dvc import cli, dvcfile
from dvc.lock import Lock, LockError
from dvc.utils.serialize import load_yaml

from stages.parallel import lockfile

PAUSE = 0.02  # seconds

modify_yaml = dvcfile.modify_yaml
acquire = Lock.lock


@contextmanager
def modify(path: str | os.PathLike, fs: Any = None) -> Iterator[dict[str, Any]]:
    """In place of DVC's function: the content of a YAML file, to be changed and then written."""
    if not dvcfile.is_lock_file(path):
        with modify_yaml(path, fs=fs) as content:
            yield content
        return
    content = load_yaml(path) if Path(path).exists() else {}
    yield content
    lockfile.dump(content, Path(path))


def wait(lock: Lock) -> None:
    """In place of Lock.lock: with --wait-for-lock, as soon as it is free."""
    while lock._wait:
        try:
            return lock._do_lock()
        except LockError:
            time.sleep(PAUSE)
    return acquire(lock)


def main() -> None:
    dvcfile.modify_yaml = modify
    Lock.lock = wait
    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
