"""A skeleton: bones in a tree, as an .asf file describes them, whatever its formatting."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Skeleton:
    """J bones, the root first, every parent before its children.

    A bone begins where its parent ends. The root is a point, with direction and length 0.
    """

    names: np.ndarray  # (J,) text
    parents: np.ndarray  # (J,) int64, index of the parent; -1 for the root
    directions: np.ndarray  # (J, 3) in the rest posture, in the world's axes
    lengths: np.ndarray  # (J,) in the file's unit
    axes: np.ndarray  # (J, 3) Euler angles of the bone's own axes about x, y, z, degrees
    orders: np.ndarray  # (J,) text such as "XYZ": about which axis is turned first, for axes and motion
    dof: np.ndarray  # (J,) text such as "rx rz": the channels of a frame, in their order in the .amc file
    limits: np.ndarray  # (D, 2) lowest and highest value, degrees, of all bones' channels but the root's
    position: np.ndarray  # (3,) of the root, in the file's unit
    units: np.ndarray  # (2,) mass and length; a length x of the file is x / units[1] inches

    def arrays(self) -> dict[str, np.ndarray]:
        """The fields by name, for a file."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "Skeleton":
        """What arrays() gave. Raises KeyError for a field that is missing."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def dof_of_bones(self) -> dict[str, tuple[str, ...]]:
        """The degrees of freedom of each bone that has any."""
        return {str(n): tuple(d.split()) for n, d in zip(self.names, self.dof.tolist(), strict=True) if d}
