"""Forward kinematics: where the joints are, given a skeleton and the channels of a frame.

Acclaim's definition. A bone has axes of its own, C, turned against the world's. Its rotation M is given in these, so
in the world's axes it is L = C M C^-1. L acts on top of the parent's:

    R_bone = R_parent C M C^-1          end_bone = end_parent + R_bone (length * direction)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vhp.datasets.motion.skeleton import Skeleton

METRES_PER_INCH = 0.0254


@dataclass(frozen=True, eq=False)
class Rig:
    """What forward kinematics needs of a skeleton, as numbers. Axes: y up, the root facing z, x to its left."""

    parents: np.ndarray  # (J,) int64, -1 for the root
    offsets: np.ndarray  # (J, 3) metres, from a bone's beginning to its end in the rest posture
    axes: np.ndarray  # (J, 3, 3) the matrices C
    orders: np.ndarray  # (J, 3) int64: the axis (0, 1, 2 for x, y, z) turned first, second, third
    channels: np.ndarray  # (J, 3) int64: channels with the rotations about x, y, z; -1: not a degree of freedom
    translation: np.ndarray  # (3,) int64: channels with the root's translation along x, y, z
    position: np.ndarray  # (3,) metres, of the root where its translation is 0
    metres: np.ndarray  # () metres per unit of length of the skeleton and its motions


def rig(skeleton: Skeleton, channels: Sequence[str]) -> Rig:
    """The rig for frames of the named channels ("lfoot.rx"). Raises ValueError unless they are the skeleton's own."""
    column = {name: i for i, name in enumerate(channels)}
    own = {f"{bone}.{dof}" for bone, names in skeleton.dof_of_bones().items() for dof in names}
    if own != set(column):
        unlike = sorted(own ^ set(column))
        raise ValueError(f"channels: found {len(column)}, expected the skeleton's {len(own)}; they differ in {unlike}")
    orders = np.array([["XYZ".index(axis) for axis in order] for order in skeleton.orders.tolist()])
    metres = METRES_PER_INCH / skeleton.units[1]
    return Rig(
        parents=skeleton.parents,
        offsets=skeleton.directions * skeleton.lengths[:, None] * metres,
        axes=np.stack([rotation(axis, order) for axis, order in zip(skeleton.axes, orders, strict=True)]),
        orders=orders,
        channels=np.array(
            [[column.get(f"{bone}.{dof}", -1) for dof in ("rx", "ry", "rz")] for bone in skeleton.names.tolist()]
        ),
        translation=np.array([column[f"root.{dof}"] for dof in ("tx", "ty", "tz")]),
        position=skeleton.position * metres,
        metres=np.array(metres),
    )


def rotation(angles: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rotation matrices from Euler angles about fixed axes: (..., 3) degrees about x, y, z -> (..., 3, 3).

    order: (3,) int, the axis turned first, second, third; (0, 1, 2) is Acclaim's XYZ, the matrix R_z R_y R_x.
    """
    first, second, third = (_about(axis, angles[..., axis]) for axis in order)
    return third @ second @ first


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    radians = np.radians(angle)
    cos, sin = np.cos(radians), np.sin(radians)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((*radians.shape, 3, 3))
    matrix[..., axis, axis] = 1
    matrix[..., i, i] = matrix[..., j, j] = cos
    matrix[..., i, j], matrix[..., j, i] = -sin, sin
    return matrix


def positions(rig: Rig, channels: np.ndarray) -> np.ndarray:
    """Where each bone ends, metres: channels (..., n) of the motion's unit and degrees -> (..., J, 3)."""
    padded = np.concatenate([channels, np.zeros_like(channels[..., :1])], axis=-1)  # -1 picks the angle 0
    turns: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    for parent, offset, axes, order, columns in zip(
        rig.parents, rig.offsets, rig.axes, rig.orders, rig.channels, strict=True
    ):
        local = axes @ rotation(padded[..., columns], order) @ axes.T
        if parent < 0:
            turns.append(local)
            ends.append(rig.position + rig.metres * channels[..., rig.translation])
        else:
            turns.append(turns[parent] @ local)
            ends.append(ends[parent] + turns[-1] @ offset)
    return np.stack(ends, axis=-2)
