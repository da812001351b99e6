"""From rows of the data set, or of a model, back to angles and to a body in space."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from vhp.datasets.motion import BONES
from vhp.datasets.motion.features import to_channels
from vhp.datasets.motion.kinematics import Rig, positions

SOLE = 0.04  # metres: height of the ball of a standing foot, where lfoot and rfoot end (0.03 to 0.05 in the trials)
NOT_TOES = [i for i, bone in enumerate(BONES) if not bone.endswith("toes")]


def angles(x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Rows (..., 50) -> FEATURES in degrees (..., 50). arrays: what preprocess gave."""
    return arrays["mean"] + arrays["std"] * x


def joints(x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Rows (..., 50) -> where each of BONES ends, metres (..., 31, 3).

    y is up. The ground is y = 0: the lowest joint stands on it, SOLE above, and where a runner's feet leave the ground
    the body comes down instead. Toes do not count: in some trials of subject 86 those of one foot reach 6 cm below the
    ground. The root is at x = z = 0 and faces z; x is its left.
    """
    rig = Rig(**{field.name: arrays[f"rig_{field.name}"] for field in fields(Rig)})
    points = positions(rig, to_channels(angles(x, arrays), arrays["thumbs"]))
    points -= points[..., :1, :].copy()
    points[..., 1] += SOLE - points[..., NOT_TOES, 1].min(-1, keepdims=True)
    return points
