"""How far a running stage is, for the process that started it: a small file that the variable VHP_PROGRESS names."""

import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tqdm import tqdm

from stages.files import write_json

VARIABLE = "VHP_PROGRESS"
INTERVAL = 1.0  # seconds between two writes at least

Step = TypeVar("Step")


class Beat(NamedTuple):
    """`done` of `total` epochs or batches."""

    unit: str
    done: int
    total: int


def reported(steps: Iterable[Step], unit: str, total: int, done: int = 0) -> Iterator[Step]:
    """The steps, unchanged; after each, but at most once a second, the file says how many of total are done.

    done: steps that an earlier, interrupted call has made.
    """
    path, written = os.environ.get(VARIABLE), -INTERVAL
    for step in steps:
        yield step
        done += 1
        if path and (time.monotonic() - written >= INTERVAL or done == total):
            # A full disk is no reason to end a training whose results may go to another disk.
            with contextlib.suppress(OSError):
                write_json(Path(path), Beat(unit, done, total)._asdict())
            written = time.monotonic()


def shown(steps: Sequence[Step], name: str, unit: str, total: int | None = None) -> Iterator[Step]:
    """The steps left, unchanged, with a progress bar on a terminal, and reported.

    total: how many steps there are, with those done before; by default these are all.
    """
    total = len(steps) if total is None else total
    return reported(tqdm(steps, desc=name, unit=unit, disable=None), unit, total, done=total - len(steps))


def read(path: Path) -> Beat | None:
    """The last report, or None before the first."""
    try:
        return Beat(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
