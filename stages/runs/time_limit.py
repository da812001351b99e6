"""A stage that is told when to stop: it ends with a checkpoint, and the same command goes on."""

import argparse
import math
import time
from collections.abc import Callable

STOPPED = 75  # exit status: out of time, the same command goes on (EX_TEMPFAIL of sysexits.h)


def add_argument(parser: argparse.ArgumentParser) -> None:
    text = f"stop when it is so late (time.time(), seconds), with a checkpoint and status {STOPPED}"
    parser.add_argument("--until", type=float, default=math.inf, metavar="TIME", help=text)


def late(until: float) -> Callable[[], bool]:
    """Says whether the time, in seconds as of time.time(), has come."""
    return lambda: time.time() >= until
