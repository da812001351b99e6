"""Upstream's .asf and .amc files as arrays, and the arrays as training, validation and test sets.

The protocol of the paper's authors in their later work: all frames, drawn uniformly into the splits, and noise on the
training rows. Test frames then have neighbours in time among the training frames: the split asks how well movements are
represented, and motion_blocks how well a model knows unseen time.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np

from vhp.datasets.containers import decompressed
from vhp.datasets.motion import DOF, amc, asf
from vhp.datasets.motion.rows import SPLITS, SUBJECT, Choice, arrays
from vhp.datasets.motion.segments import SEGMENTS, TRIALS

ITEMS = (f"{SUBJECT}/{SUBJECT}.asf", *(f"{trial[:2]}/{trial}.amc" for trial in TRIALS))
SEED = 41  # of the split
SHARES = (0.8, 0.1, 0.1)  # of the frames: train, val, test
NOISE = 0.03  # standard deviation on training rows, in units of each feature's range over the training set


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The content of one of ITEMS, plain or gzip-compressed; raises ValueError, with file and line, if it is malformed.

    An .amc file gives amc_<trial> (frames, 62) float64, CHANNELS in the files' unit and degrees; an .asf file the
    arrays of its Skeleton as asf_<subject>_<name>.
    """
    path = PurePosixPath(item)
    (content,) = files.values()
    content = decompressed(item, content)
    if path.suffix == ".asf":
        skeleton = asf.read(item, content)
        return {f"asf_{path.stem}_{name}": array for name, array in skeleton.arrays().items()}
    motion = amc.read(item, content, DOF)
    if motion.first_frame != 1:
        raise ValueError(
            f"{item}: found {motion.first_frame} as the first frame, expected 1: part of the trial is missing"
        )
    return {f"amc_{path.stem}": motion.values}


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of rows.py, of every frame, and noise (50,) float32: standard deviations on the training rows.

    raw: what decode gives, all together.
    """
    found = arrays(raw, uniform())
    return found | {"noise": (NOISE * np.ptp(found["train"], axis=0)).astype(np.float32)}


def uniform() -> Iterator[Choice]:
    """Every frame of the segments, each in a split that is drawn at random for it; SHARES are those of all frames."""
    n = sum(segment.last - segment.first + 1 for segment in SEGMENTS)
    edges = np.rint(np.cumsum(SHARES) * n).astype(int)
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(n)
    split_of = np.searchsorted(edges, np.argsort(order), side="right")  # a frame's place in a random order decides
    start = 0
    for segment in SEGMENTS:
        rows = np.arange(segment.first - 1, segment.last)
        own = split_of[start : start + len(rows)]
        start += len(rows)
        yield from ((split, segment, rows[own == i]) for i, split in enumerate(SPLITS))
