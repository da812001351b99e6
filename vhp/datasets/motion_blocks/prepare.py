"""The motion files as splits by blocks of time."""

from collections.abc import Iterator, Mapping

import numpy as np

from vhp.datasets.motion.blocks import blocks
from vhp.datasets.motion.prepare import decode
from vhp.datasets.motion.rows import Choice, arrays
from vhp.datasets.motion.segments import SEGMENTS, STRIDE

__all__ = ["decode", "preprocess"]


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of motion/rows.py, split by blocks of time (motion/blocks.py). raw: what decode gives, together."""
    return arrays(raw, by_blocks())


def by_blocks() -> Iterator[Choice]:
    """Each split's rows of each segment, (n,) int: every STRIDE-th frame of the blocks of time that belong to it."""
    for segment in SEGMENTS:
        for split, start, stop in blocks(segment.last - segment.first + 1, segment.pattern):
            rows = np.arange(segment.first - 1 + start, segment.first - 1 + stop, STRIDE[segment.movement])
            yield split, segment, rows
