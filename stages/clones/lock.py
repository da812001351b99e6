"""One program at a time in a folder: a lock that ends with its holder, however that ends."""

import fcntl
import os
import socket
from pathlib import Path

from stages.clones import dvc_locks

WORK = Path(".dvc", "tmp")  # of the repository whose clones are made
REPRO = Path(".dvc", "tmp", "vhp-repro.lock")  # of a workspace in which stages/parallel/repro.py is running


class BusyError(ValueError):
    """Another process holds the lock; the message says which."""


class Lock:
    """A file that one process at a time holds; its content names the process."""

    def __init__(self, path: Path):
        """Take it, or raise BusyError. It is held until close() or the end of this process.

        Raises OSError, with the file's name, where it fails for another reason: not all file systems have locks.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with self.file:
                self.file.seek(0)
                holder = self.file.read().strip() or "another process"
            raise BusyError(f"found {holder} at work") from error
        except OSError as error:
            self.file.close()
            error.filename = str(path)
            raise
        self.file.truncate(0)
        self.file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        self.file.flush()

    def outlast_exec(self) -> None:
        """Let the program that replaces this process hold it, too."""
        os.set_inheritable(self.file.fileno(), True)

    def close(self) -> None:
        self.file.close()


def key(folder: Path) -> str:
    """A clone's name in WORK."""
    return folder.as_posix().replace("/", "-")


def claim(folder: Path) -> Path:
    """The lock of the command whose clone this is, from before it is made until the command ends."""
    return WORK / f"clone-{key(folder)}.lock"


def check_idle(folder: Path) -> None:
    """Raises BusyError if a repro, or DVC itself, is at work in the folder."""
    check_free(folder / REPRO, f"in {folder}")
    if found := dvc_locks.at_work(folder):
        raise BusyError(f"found {found} at work in {folder}; wait until it has ended, or stop it")


def check_unclaimed(folder: Path) -> None:
    """Raises BusyError if the folder is a running command's, which may be between two repros."""
    check_free(claim(folder), f"with {folder}")


def check_free(lock: Path, where: str) -> None:
    if lock.exists():
        try:
            Lock(lock).close()
        except BusyError as error:
            raise BusyError(f"{error} {where}; wait until it has ended, or stop it") from error
