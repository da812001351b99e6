"""Validate params.yaml and write one resolved configuration per run: runs/configs/<run>.json.

A run's other stages depend on parts of its own file alone, so that a changed parameter reruns just what it touches.
"""

import argparse
import logging
from pathlib import Path

from stages.command import command
from stages.files import write_json
from stages.runs.places import CONFIGS, config_file
from stages.runs.schema import read, resolve

logger = logging.getLogger(__name__)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("params.yaml"):
        configs = resolve(read(Path("params.yaml")))
    with command("configure"):
        for name, config in configs.items():
            write_json(config_file(name), config)
        for stale in CONFIGS.glob("*.json"):
            if stale.stem not in configs:
                stale.unlink()
        logger.info("%d runs configured", len(configs))


if __name__ == "__main__":
    main()
