"""Which version of the code this is."""

import subprocess
from pathlib import Path

FILE = Path("REVISION")  # where the code came in an archive and there is no git, see stages/bundle.py


def revision() -> str | None:
    """The git revision of the code, with -dirty if files differ from it; None where it is not known."""
    if FILE.exists():
        return FILE.read_text().strip()
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
