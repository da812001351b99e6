"""Which decoded frames look like no training example: what a picture does that fades out and in again.

A jump is seen from frame to frame, a fade-out is not. Distances are RMS per dimension, in data units. Blends of
examples that resemble each other pass unseen; and where training examples are binary (static MNIST), which decoded
means are not, the limit is wide: two binary images are farther apart than a mean is from either.
"""

from dataclasses import dataclass

import numpy as np

from vhp.datasets.means import array_as_means
from vhp.seeds import PATHS_SEED

N_EXAMPLES, N_HELD_OUT = 5_000, 1_000  # drawn at random: more would take longer than all other measures
TRAINING_SHARE = 0.2  # at most, of the training examples, where they are held out
HELD_OUT_SHARE = 0.99  # of the held-out examples, none of which is to count
BLEND = 1 / 3  # of the distance between two unrelated examples: a blend with at least a third of each counts
BLOCK = 1_000  # frames compared at once: their distances to all examples are held in memory


@dataclass(frozen=True)
class Data:
    """Training examples, and the distance to the nearest of them beyond which a frame looks like none."""

    examples: np.ndarray  # (n, D) float32, in the unit of decoded frames
    limit: float

    @classmethod
    def of(cls, train: np.ndarray, held_out: np.ndarray) -> "Data":
        """Of random training examples (N, D); held_out: examples (M, D) that are not among them.

        uint8 are 255 times the means that frames are compared with. The limit is the larger of two, neither of which
        depends on a model: the distance that HELD_OUT_SHARE of the held-out examples keep, and the share BLEND of the
        median distance between two training examples. Held-out examples that were binarised where the training
        examples are means would be far from all of these, and so would any frame be allowed to: a share of the training
        examples is held out instead. Raises ValueError for fewer than two training examples to compare with, or none
        held out.
        """
        own = _is_binary(held_out) and not _is_binary(train)
        least = 3 if own else 2
        if len(train) < least or len(held_out) < 1:
            raise ValueError(f"found {len(train)} and {len(held_out)} examples, expected at least {least} and 1")
        rng = np.random.Generator(np.random.PCG64(PATHS_SEED))
        order = rng.permutation(len(train))
        if own:
            n = max(1, min(N_HELD_OUT, int(TRAINING_SHARE * len(train))))
            others, order = train[order[:n]], order[n:]
        else:
            others = held_out[rng.permutation(len(held_out))[:N_HELD_OUT]]
        others, examples = array_as_means(others), array_as_means(train[order[:N_EXAMPLES]]).astype(np.float32)
        half = len(examples) // 2
        between = np.sqrt(np.mean((examples[:half] - examples[half : 2 * half]) ** 2, axis=1))
        kept = np.quantile(distance(others, examples), HELD_OUT_SHARE)
        return cls(examples, float(max(kept, BLEND * np.median(between))))

    def off(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether each frame looks like no example, and its distance to the nearest: (..., D) -> (...,) twice."""
        found = distance(frames, self.examples)
        return found > self.limit, found


def _is_binary(x: np.ndarray) -> bool:
    return bool(((x == 0) | (x == (255 if x.dtype == np.uint8 else 1))).all())


def distance(x: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """RMS per dimension to the nearest of the examples: (..., D), (n, D) -> (...,)."""
    flat = np.asarray(x, np.float32).reshape(-1, x.shape[-1])
    centre = examples.mean(0, dtype=float).astype(np.float32)  # or data far from 0 would cancel below
    centred = examples - centre
    half_norms = (centred**2).sum(1) / 2
    nearest = np.zeros(len(flat))
    for i in range(0, len(flat), BLOCK):
        # The nearest has the largest x . e - |e|^2 / 2. Its distance is taken from the difference: no cancellation.
        best = ((flat[i : i + BLOCK] - centre) @ centred.T - half_norms).argmax(1)
        nearest[i : i + BLOCK] = np.sqrt(np.mean((flat[i : i + BLOCK] - examples[best]) ** 2, axis=1))
    return nearest.reshape(x.shape[:-1])


def breaks(jumps: np.ndarray, off: np.ndarray, size: np.ndarray) -> list[int]:
    """The discontinuities of a path, fade-outs as well as jumps: each as one of its steps.

    jumps (T-1,) bool: steps that are jumps; off (T,) bool: frames off the data; size (T,): how far. A step belongs to a
    discontinuity if it is a jump or one of its frames is off the data; neighbouring such steps are one discontinuity.
    It is placed at its first jump, else at the step to its farthest frame (from it, if that is the path's first).
    """
    marked = jumps | off[:-1] | off[1:]
    edges = np.flatnonzero(np.diff(np.r_[False, marked, False].astype(int)))
    placed = []
    for start, stop in edges.reshape(-1, 2).tolist():  # steps start .. stop - 1, frames start .. stop
        found = np.flatnonzero(jumps[start:stop])
        farthest = int(size[start : stop + 1].argmax())
        placed.append(start + (int(found[0]) if len(found) else max(farthest - 1, 0)))
    return placed
