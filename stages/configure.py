"""Validate params.yaml and write one resolved configuration per run and data set, with the fingerprints of their code.

A stage depends on parts of its own file alone, so that a changed parameter, or a changed line of code, reruns only what
depends on it. What is written: stages/runs/resolved.py.
"""

import argparse
import logging
import subprocess
from pathlib import Path

from stages.command import command
from stages.files import write_json
from stages.params.problems import ParamsError
from stages.params.reading import read
from stages.params.schema import Params
from stages.runs.fingerprint import Program
from stages.runs.places import CONFIGS, DATA_CONFIGS
from stages.runs.resolved import resolved

PARAMS = Path("params.yaml")

logger = logging.getLogger(__name__)


def read_params() -> Params:
    """What params.yaml has. Raises ParamsError, which says how to take a change back."""
    try:
        return read(PARAMS)
    except ParamsError as error:
        raise ParamsError(f"{error}{way_back()}") from error


def way_back() -> str:
    """A line on params.yaml as it was committed; empty where git does not say that it was changed.

    `dvc exp run -S` leaves what is refused in the file, for the next command to fail at it.
    """
    try:
        asking = ["git", "status", "--porcelain", "--untracked-files=no", "--", str(PARAMS)]
        changed = subprocess.run(asking, capture_output=True, check=False).stdout
    except OSError:  # there is no git
        return ""
    shows = f"\n`git diff {PARAMS}` shows what was changed in it, `git checkout {PARAMS}` discards all of that"
    return shows if changed else ""


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("configure"):
        files = resolved(read_params(), Program())
        for path, content in files.items():
            write_json(path, content)
        for stale in [*CONFIGS.glob("*.json"), *DATA_CONFIGS.glob("*.json")]:
            if stale not in files:
                stale.unlink()
        logger.info("%d runs configured", sum(path.parent == CONFIGS for path in files))


if __name__ == "__main__":
    main()
