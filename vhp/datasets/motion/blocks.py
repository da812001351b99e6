"""A segment of frames in blocks of time that go to train, val and test, with gaps in between.

Frames next to each other are nearly equal: drawn at random, each test frame would have a twin in the training set.
"""

import numpy as np

PERIOD = 720  # frames (6 s), roughly, in which a pattern comes round
GAP = 30  # frames (0.25 s) left out where one block ends and another begins
SHORTEST = 250  # of a shorter segment, val and test would get a handful of frames each: it is all train

# A pattern: the blocks of a period, and their shares of it.
Pattern = tuple[tuple[str, float], ...]
MIXED: Pattern = (("train", 0.3), ("val", 0.2), ("train", 0.3), ("test", 0.2))
TRAIN: Pattern = (("train", 1.0),)
HELD_OUT: Pattern = (("val", 0.25), ("test", 0.25), ("val", 0.25), ("test", 0.25))


def blocks(n: int, pattern: Pattern = MIXED) -> list[tuple[str, int, int]]:
    """Split n consecutive frames: (split, start, stop) of each block, from 0, stop excluded."""
    if pattern == TRAIN or n < SHORTEST:
        return [("train", 0, n)]
    periods = max(1, round(n / PERIOD))
    names = [name for name, _ in pattern] * periods
    edges = np.rint(np.cumsum([0, *[share for _, share in pattern] * periods]) / periods * n).astype(int).tolist()
    return [
        (name, start + (GAP // 2 if start > 0 else 0), stop - (GAP // 2 if stop < n else 0))
        for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True)
    ]
