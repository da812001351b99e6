"""How a stage stops before its end and goes on later: checkpoints that belong to its inputs, and a time limit."""

import argparse
import hashlib
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stages.run import Run
from vhp.checkpoint import Checkpoint

CHECKPOINT_SECONDS = 30.0  # what a killed stage loses at most, beside the epoch or batch in which it died
STOPPED = 75  # exit status: out of time, the same command goes on (EX_TEMPFAIL of sysexits.h)


def checkpoint(run: Run, sections: Sequence[str], contents: str) -> Checkpoint:
    """The checkpoint of these sections of the configuration, contents and code: that of anything else is never resumed.

    contents: a hash of what else the stage reads.
    """
    digest = hashlib.sha256(json.dumps([run.config[s] for s in sections], sort_keys=True).encode())
    digest.update(contents.encode())
    for name in sorted(sys.modules):
        if name.split(".")[0] == "vhp":
            digest.update(Path(sys.modules[name].__file__).read_bytes())
    return Checkpoint(Path("runs", "checkpoints", digest.hexdigest()[:16]))


def add_argument(parser: argparse.ArgumentParser) -> None:
    text = f"stop when it is so late (time.time(), seconds), with a checkpoint and status {STOPPED}"
    parser.add_argument("--until", type=float, default=math.inf, metavar="TIME", help=text)


def late(until: float) -> Callable[[], bool]:
    """Says whether the time, in seconds as of time.time(), has come."""
    return lambda: time.time() >= until
