"""A command that ends by itself at Ctrl-C, and that is waited for."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


def run(command: Sequence[str], folder: Path) -> int:
    """Its exit status. At Ctrl-C, which it hears as well, it ends before KeyboardInterrupt is raised here.

    subprocess.run would kill it after a quarter of a second, before it has ended what it started itself.
    """
    process = subprocess.Popen(command, cwd=folder)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise
