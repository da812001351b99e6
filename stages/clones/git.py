"""Git in a clone, and the commit of what its pipeline made."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

FINISHED = "refs/vhp/finished"  # the commit that a clone got of its own results: made anew with them, so no one's work
# Without the user's name, hooks and signature: the commit is the program's.
AS_PROGRAM = (
    *("-c", "user.name=vhp", "-c", "user.email=vhp@localhost", "-c", "commit.gpgsign=false"),
    *("-c", "core.hooksPath=/dev/null"),
)


class CloneError(ValueError):
    """The clone cannot be made, replaced, committed or kept; nothing was removed."""


def check_other(clone: Path) -> None:
    """Raises CloneError where the folder is no repository, or the one that this command runs in."""
    if not (clone / ".git").is_dir():
        raise CloneError(f"found no clone in {clone}, expected a folder that `python -m stages.clones` made")
    if clone.resolve() == Path.cwd().resolve():
        raise CloneError(f"found this repository itself in {str(clone)!r}, expected a clone of it")


def git(*arguments: str, folder: Path = Path()) -> str:
    """What git prints. Raises CloneError where it fails."""
    done = _run(folder, arguments)
    if done.returncode:
        raise CloneError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def try_git(*arguments: str, folder: Path = Path()) -> str | None:
    """What git prints; None where it fails."""
    done = _run(folder, arguments)
    return None if done.returncode else done.stdout


def tip(reference: str, folder: Path = Path()) -> str | None:
    """The object that it names; None where there is none, as HEAD before the first commit."""
    return (try_git("rev-parse", "--verify", "--quiet", reference, folder=folder) or "").strip() or None


def _run(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", errors="surrogateescape")


def commit(clone: Path, message: str) -> bool:
    """Commit all that git does not ignore; False if there is nothing. Raises CloneError.

    The commit is FINISHED, unless there are others below it that neither this repository nor FINISHED has.
    """
    git("add", "--all", folder=clone)
    if try_git("diff", "--cached", "--quiet", folder=clone) is not None:
        return False
    below, finished = tip("HEAD", clone), tip(FINISHED, clone)
    git(*AS_PROGRAM, "commit", "--quiet", "--no-verify", "--message", message, folder=clone)
    known = ["--not", "--remotes", *([finished] if finished else [])]
    if below is None or not git("rev-list", below, *known, folder=clone):  # else somebody's are below
        git("update-ref", FINISHED, "HEAD", folder=clone)
    return True
