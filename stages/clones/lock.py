"""One program at a time in a folder: a lock that ends with its holder, however that ends.

`python -m stages.clones.lock demo smoke` fails if a pipeline is running in one of these folders.
"""

import argparse
import fcntl
import os
import socket
from pathlib import Path

REPRO = Path(".dvc", "tmp", "vhp-repro.lock")  # of a workspace in which stages/parallel/repro.py is running


class BusyError(ValueError):
    """Another process holds the lock; the message says which."""


class Lock:
    """A file that one process at a time holds; its content names the process."""

    def __init__(self, path: Path):
        """Take it, or raise BusyError. It is held until close() or the end of this process."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.file.seek(0)
            holder = self.file.read().strip() or "another process"
            self.file.close()
            raise BusyError(f"found {holder} at work") from error
        self.file.truncate(0)
        self.file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        self.file.flush()

    def outlast_exec(self) -> None:
        """Let the program that replaces this process hold it, too."""
        os.set_inheritable(self.file.fileno(), True)

    def close(self) -> None:
        self.file.close()


def check_idle(folder: Path) -> None:
    """Raises BusyError if a repro is at work in the folder, or in a clone below it."""
    for path in [folder / REPRO, *folder.glob(f"*/*/{REPRO}")]:
        if path.exists():
            try:
                Lock(path).close()
            except BusyError as error:
                raise BusyError(f"{error} in {path.parents[2]}; wait until it has ended, or stop it") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    try:
        for folder in parser.parse_args().folders:
            check_idle(folder)
    except BusyError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
