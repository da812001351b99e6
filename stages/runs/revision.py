"""Which version of the code this is."""

import subprocess
from pathlib import Path

FILE = Path("REVISION")  # where the code came in an archive and there is no git, see stages/elsewhere/pack.py


CODE = ("stages", "vhp")  # parameters stand in each run's configuration, and dvc.lock changes with every stage


def revision() -> str | None:
    """The git revision, with -dirty if the code differs from it; None where it is not known."""
    if FILE.exists():
        return FILE.read_text().strip()
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("-dirty" if _git("status", "--porcelain", "--", *CODE) else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
