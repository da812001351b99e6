"""How smooth a decoded path is: its second differences, and its jumps. Poster: figure "Smoothness measure".

A path is frames (T, D), x_t in the data's unit, at equal distance in latent space.
"""

import math
from collections.abc import Sequence

import numpy as np

# A step counts as a discontinuity if it is more than so many times the path's median step.
DISCONTINUITY_FACTOR = 5.0

# And if it is more than this share of the path's largest |x_t|. Below it is the rounding of a float32 decoder
# (6e-8, accumulated over its layers), which is all that a path at rest has, whose median step is 0.
RESOLUTION = 1e-5


def smoothness_factor(frames: np.ndarray, group: slice | np.ndarray | Sequence[int] = slice(None)) -> float:
    """RMS over time and the group's dimensions of x_{t+1} - 2 x_t + x_{t-1}; smaller is smoother.

    In data units per frame^2. frames: (T, D). group: the dimensions of one joint.
    Raises ValueError for T < 3 and for an empty group.
    """
    x = np.asarray(frames, float)[:, group]
    if len(x) < 3 or x.size == 0:
        raise ValueError(
            f"found {x.shape} frames x dimensions, expected at least 3 x 1: raise n_frames or correct the group"
        )
    second_difference = x[2:] - 2 * x[1:-1] + x[:-2]
    return float(np.sqrt(np.mean(second_difference**2)))


def roughness(frames: np.ndarray, group: slice | np.ndarray | Sequence[int] = slice(None)) -> float:
    """The smoothness factor per unit of movement: RMS second difference over RMS first difference; smaller is smoother.

    Without a unit: 0 for even movement, sqrt(2) for independent steps, about 2 at most; NaN for a path that rests. So a
    path gains nothing by moving little. frames, group: as for smoothness_factor, and so are the errors.
    """
    factor = smoothness_factor(frames, group)
    movement = float(np.sqrt(np.mean(np.diff(np.asarray(frames, float)[:, group], axis=0) ** 2)))
    # A decoder's rounding is no movement.
    resolution = RESOLUTION * float(np.sqrt(np.mean(np.asarray(frames, float)[:, group] ** 2)))
    return factor / movement if movement > resolution else math.nan


def step_sizes(frames: np.ndarray) -> np.ndarray:
    """|x_{t+1} - x_t|, Euclidean, in data units: (T, D) -> (T-1,)."""
    return np.linalg.norm(np.diff(np.asarray(frames, float), axis=0), axis=1)


def discontinuities(frames: np.ndarray, factor: float = DISCONTINUITY_FACTOR) -> np.ndarray:
    """Which steps are jumps, larger than factor times the path's median step: (T, D) -> (T-1,) bool.

    Entry t is the step from frame t to frame t + 1. In a path that rests for more than half of its steps the median is
    0, and every step that can be told from rounding (RESOLUTION) is a jump. Raises ValueError for T < 2.
    """
    if len(frames) < 2:
        raise ValueError(f"found {len(frames)} frames, expected at least 2: raise n_frames")
    steps = step_sizes(frames)
    rounding = RESOLUTION * np.linalg.norm(np.asarray(frames, float), axis=1).max()
    return steps > max(factor * np.median(steps), rounding)
