"""Validate params.yaml and write one resolved configuration per run and data set, with the fingerprints of their code.

A stage depends on parts of its own file alone, so that a changed parameter, or a changed line of code, reruns only what
depends on it. What is written: stages/runs/resolved.py.
"""

import argparse
import logging
from pathlib import Path

from stages.command import command
from stages.files import write_json
from stages.params.reading import read
from stages.params.resolution import resolve
from stages.runs.fingerprint import Program
from stages.runs.places import CONFIGS, DATA_CONFIGS
from stages.runs.resolved import resolved

logger = logging.getLogger(__name__)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("params.yaml"):
        params = read(Path("params.yaml"))
        resolve(params)
    with command("configure"):
        files = resolved(params, Program())
        for path, content in files.items():
            write_json(path, content)
        for stale in [*CONFIGS.glob("*.json"), *DATA_CONFIGS.glob("*.json")]:
            if stale not in files:
                stale.unlink()
        logger.info("%d runs configured", sum(path.parent == CONFIGS for path in files))


if __name__ == "__main__":
    main()
