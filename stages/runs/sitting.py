"""One sitting of a stage that may need several: when it has to stop, and the checkpoint that belongs to its inputs.

Checkpoints are in runs/checkpoints/, or in the folder that VHP_CHECKPOINTS names, which several machines may share.
"""

import argparse
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from stages.command import STOPPED
from stages.runs.places import RUNS
from stages.runs.progress import shown
from stages.runs.run import Run
from stages.runs.run_stages import RUN_STAGES
from vhp.resumable import Checkpoint, Resumable

CHECKPOINTS = RUNS / "checkpoints"
CHECKPOINT_SECONDS = 30.0  # what a killed stage loses at most, beside the unfinished epoch or batch


def add_until(parser: argparse.ArgumentParser) -> None:
    """The option --until of a command that can be told when to stop."""
    text = f"stop at this time, in seconds as of time.time(), with a checkpoint and exit status {STOPPED}"
    parser.add_argument("--until", type=float, default=math.inf, metavar="TIME", help=text)


def late(until: float) -> Callable[[], bool]:
    """Says whether the time, in seconds as of time.time(), has come."""
    return lambda: time.time() >= until


def checkpoint(run: Run, stage: str, contents: str) -> Checkpoint:
    """The checkpoint of a stage's parameters, contents, code and kind of device, and of nothing else.

    contents: a hash of what else the stage reads.
    """
    parts = [stage, run.config["code"][stage], *(run.config[section] for section in RUN_STAGES[stage].sections)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    # The same seed gives other noise on another kind of device.
    digest.update(f"{contents} {run.device.type}".encode())
    return Checkpoint(Path(os.environ.get("VHP_CHECKPOINTS", CHECKPOINTS)) / digest.hexdigest()[:16])


def resumable(checkpoint: Checkpoint, name: str, unit: str, until: float, total: int | None = None) -> Resumable:
    """A run's work with this checkpoint, with its progress shown, and stopped at the time `until`.

    unit: what a step is called. total: how many steps there are, with those done before.
    """
    return Resumable(checkpoint, CHECKPOINT_SECONDS, partial(shown, name=name, unit=unit, total=total), late(until))
