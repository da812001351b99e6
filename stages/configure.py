"""Validate params.yaml and write one resolved configuration per run: runs/configs/<run>.json.

A run's other stages depend on parts of its own file alone, so that a changed parameter reruns just what it touches.
"""

import logging
from pathlib import Path

from stages import logs
from stages.files import write_json
from stages.runs.schema import ParamsError, read, resolve

logger = logging.getLogger(__name__)

FOLDER = Path("runs", "configs")


def main() -> None:
    logs.configure()
    try:
        configs = resolve(read(Path("params.yaml")))
    except ParamsError as error:
        raise SystemExit(f"params.yaml: {error}") from error
    for name, config in configs.items():
        write_json(FOLDER / f"{name}.json", config)
    for stale in FOLDER.glob("*.json"):
        if stale.stem not in configs:
            stale.unlink()
    logger.info("%d runs configured", len(configs))


if __name__ == "__main__":
    main()
