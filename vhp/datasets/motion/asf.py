"""Reader of Acclaim skeleton files (.asf), as CMU publishes them.

The format: research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/ASF-AMC.html. Whatever does not fit it is refused
with a ValueError that names file and line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vhp.datasets.motion.asf_syntax import Keys, blocks_of, keys_of, sections_of
from vhp.datasets.motion.lines import Line, numbered
from vhp.datasets.motion.skeleton import Skeleton

ROOT_CHANNELS = {"tx", "ty", "tz", "rx", "ry", "rz"}
ROTATIONS = {"rx", "ry", "rz"}
UNIT_TOLERANCE = 1e-3  # of the length of a direction; the files round to six digits


@dataclass(frozen=True)
class _Bone:
    line: Line
    name: str
    direction: list[float]
    length: float
    axis: list[float]
    order: str
    dof: list[str]
    limits: list[float]


def read(file: str, content: bytes) -> Skeleton:
    """The skeleton in an .asf file, angles in degrees. file: its name, for errors."""
    sections = sections_of(numbered(file, content))
    units, degrees = _units(sections[":units"])
    root, position = _root(sections[":root"], degrees)
    bones = _bones(sections[":bonedata"], degrees)
    order, parents = _tree(sections[":hierarchy"], [root, *bones])
    bones = [[root, *bones][i] for i in order]
    return Skeleton(
        names=np.array([bone.name for bone in bones]),
        parents=np.array(parents, np.int64),
        directions=np.array([bone.direction for bone in bones]),
        lengths=np.array([bone.length for bone in bones]),
        axes=np.array([bone.axis for bone in bones]),
        orders=np.array([bone.order for bone in bones]),
        dof=np.array([" ".join(bone.dof) for bone in bones]),
        limits=np.array([limit for bone in bones for limit in bone.limits]).reshape(-1, 2),
        position=np.array(position),
        units=np.array(units),
    )


def _values(key: tuple[Line, list[str]], n: int) -> list[float]:
    line, _ = key
    return line.numbers(line.expect(n, "numbers"))


def _units(section: list[Line]) -> tuple[list[float], float]:
    """Units of mass and length, and degrees per unit of angle."""
    keys = keys_of(section[1:-1], section[-1], ["mass", "length", "angle"])
    units = [_values(keys[word], 1)[0] for word in ("mass", "length")]
    for unit, word in zip(units, ("mass", "length"), strict=True):
        if unit <= 0:
            raise keys[word][0].wrong(f"{unit:g}", "a positive unit")
    line, angle = keys["angle"]
    if angle not in (["deg"], ["rad"]):
        raise line.wrong(repr(" ".join(angle)), "deg or rad")
    return units, 1.0 if angle == ["deg"] else math.degrees(1)


def _root(section: list[Line], degrees: float) -> tuple[_Bone, list[float]]:
    keys = keys_of(section[1:-1], section[-1], ["order", "axis", "position", "orientation"])
    line, words = keys["order"]
    dof = [word.lower() for word in words]
    if sorted(dof) != sorted(ROOT_CHANNELS):
        raise line.wrong(repr(" ".join(words)), "TX TY TZ RX RY RZ in some order")
    order = _order(*keys["axis"])
    axis = [degrees * value for value in _values(keys["orientation"], 3)]
    return _Bone(line, "root", [0.0] * 3, 0.0, axis, order, dof, []), _values(keys["position"], 3)


def _order(line: Line, words: Sequence[str]) -> str:
    order = "".join(words).upper()
    if sorted(order) != list("XYZ"):
        raise line.wrong(repr(" ".join(words)), "an order of axes such as XYZ")
    return order


def _bones(section: list[Line], degrees: float) -> list[_Bone]:
    bones: list[_Bone] = []
    taken = {"root"}
    ids: set[str] = set()
    for block in blocks_of(section):
        keys = keys_of(block[1:-1], block[-1], ["id", "name", "direction", "length", "axis"], ["dof", "limits"])
        (id_line, id_), (name_line, name) = keys["id"], keys["name"]
        if len(id_) != 1 or not id_[0].isdecimal() or id_[0] in ids:
            raise id_line.wrong(repr(" ".join(id_)), "a whole number that no bone before has")
        if len(name) != 1 or name[0] in taken:
            raise name_line.wrong(repr(" ".join(name)), "a name that no bone before has, nor the root")
        ids.add(id_[0])
        taken.add(name[0])
        bones.append(_bone(name[0], keys, degrees))
    return bones


def _bone(name: str, keys: Keys, degrees: float) -> _Bone:
    direction = _values(keys["direction"], 3)
    if abs(math.hypot(*direction) - 1) > UNIT_TOLERANCE:
        raise keys["direction"][0].wrong(f"a direction of length {math.hypot(*direction):g}", "1")
    (length,) = _values(keys["length"], 1)
    if length < 0:
        raise keys["length"][0].wrong(f"{length:g}", "a length of at least 0")
    axis_line = keys["axis"][0]
    *axis, order = axis_line.expect(4, "three angles and their order")
    angles = [degrees * value for value in axis_line.numbers(axis)]

    dof_line, dof = keys.get("dof", (axis_line, []))
    dof = [word.lower() for word in dof]
    if not ROTATIONS.issuperset(dof) or len(set(dof)) < len(dof):
        raise dof_line.wrong(repr(" ".join(dof)), "rx, ry and rz, each at most once")
    limits = [-math.inf, math.inf] * len(dof)
    if "limits" in keys:
        line, words = keys["limits"]
        bounds = " ".join(words).replace("(", " ").replace(")", " ").split()
        if len(bounds) != 2 * len(dof):
            raise line.wrong(f"{len(bounds)} limits", f"{2 * len(dof)}, two for each of the bone's dof")
        infinite = {"inf": math.inf, "-inf": -math.inf}
        limits = [infinite[b] if b in infinite else degrees * line.numbers([b])[0] for b in map(str.lower, bounds)]
    return _Bone(keys["name"][0], name, direction, length, angles, _order(axis_line, [order]), dof, limits)


def _tree(section: list[Line], bones: list[_Bone]) -> tuple[list[int], list[int]]:
    """The bones' order, parents first, and in that order the position of each one's parent."""
    index = {bone.name: i for i, bone in enumerate(bones)}
    children: dict[str, list[str]] = {name: [] for name in index}
    placed = {"root"}
    block, *more = blocks_of(section)
    if more:
        raise more[0][0].wrong("a second block", "one")
    for line in block[1:-1]:
        for word in line.words:
            if word not in index:
                raise line.wrong(f"the bone {word!r}", "one that :bonedata describes")
        parent, *below = line.words
        for word in below:
            if word in placed:
                raise line.wrong(f"{word!r} below {parent!r}", "each bone once, and the root below none")
            placed.add(word)
        children[parent] += below

    order: list[int] = []
    parents: list[int] = []
    stack = [("root", -1)]
    while stack:
        name, above = stack.pop()
        stack += [(child, len(order)) for child in reversed(children[name])]
        order.append(index[name])
        parents.append(above)
    lost = sorted(set(range(len(bones))) - set(order))
    if lost:
        bone = bones[lost[0]]
        raise bone.line.wrong(f"the bone {bone.name!r}", "a way to it from the root in :hierarchy (no cycles)")
    return order, parents
