"""Writers of Acclaim files, and small skeletons and trials to write."""

import numpy as np

from vhp.datasets.motion import BONES, DOF, FRAME_RATE
from vhp.datasets.motion.rows import SUBJECT
from vhp.datasets.motion.segments import SEGMENTS, TRIALS
from vhp.datasets.motion.skeleton import Skeleton


def write_asf(skeleton: Skeleton, newline: str = "\n", radians: bool = False) -> bytes:
    """A skeleton as the text of an .asf file; repr() keeps every bit of its numbers."""
    turn = np.radians if radians else np.asarray

    def words(values):
        return " ".join(repr(float(value)) for value in np.atleast_1d(values))

    lines = ["# written by a test", ":version 1.10", ":name TEST", ":units"]
    lines += [f"  mass {words(skeleton.units[0])}", f"  length {words(skeleton.units[1])}"]
    lines += [f"  angle {'rad' if radians else 'deg'}", ":documentation", "   three words of", "   documentation"]
    lines += [":root", f"   order {skeleton.dof[0].upper()}", f"   axis {skeleton.orders[0]}"]
    lines += [f"   position {words(skeleton.position)}", f"   orientation {words(turn(skeleton.axes[0]))}", ":bonedata"]
    n_limits = 0
    for i in range(1, len(skeleton.names)):
        dof = skeleton.dof[i].split()
        lines += ["  begin", f"     id {i}", f"     name {skeleton.names[i]}"]
        lines += [f"     direction {words(skeleton.directions[i])} ", f"     length {words(skeleton.lengths[i])}"]
        lines += [f"     axis {words(turn(skeleton.axes[i]))}  {skeleton.orders[i]}"]
        if dof:
            limits = [f"({words(turn(pair))})" for pair in skeleton.limits[n_limits : n_limits + len(dof)]]
            lines += [
                f"    dof {' '.join(dof)}",
                f"    limits {limits[0]}",
                *(f"           {pair}" for pair in limits[1:]),
            ]
            n_limits += len(dof)
        lines.append("  end")
    lines += [":hierarchy", "  begin"]
    for i, name in enumerate(skeleton.names):
        children = skeleton.names[skeleton.parents == i]
        lines += [f"    {name} {' '.join(children)}"] if len(children) else []
    return newline.join([*lines, "  end", ""]).encode()


def write_amc(values: np.ndarray, dof=DOF, first: int = 1, newline: str = "\n", radians: bool = False) -> bytes:
    """Frames (T, channels) as the text of an .amc file."""
    lines = ["#!OML:ASF test.ASF", ":FULLY-SPECIFIED", ":RADIANS" if radians else ":DEGREES"]
    for number, frame in enumerate(values, first):
        lines.append(str(number))
        numbers = iter(frame)
        for bone, names in dof.items():
            row = [(float(next(numbers)), name) for name in names]
            turned = [np.radians(value) if radians and name[0] == "r" else value for value, name in row]
            lines.append(f"{bone} {' '.join(repr(float(value)) for value in turned)}")
    return newline.join([*lines, ""]).encode()


def skeleton_of(parents: dict[str, str], dof: dict[str, str], rng: np.random.Generator) -> Skeleton:
    """Bones of random shape. parents: of each bone but the root, parents first, depth first."""
    names = ["root", *parents]
    n = len(names)
    directions = rng.normal(size=(n, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = rng.uniform(0.5, 8, n)
    directions[0], lengths[0] = 0, 0
    dof = {"root": "tx ty tz rx ry rz", **dof}
    n_limits = sum(len(dof.get(name, "").split()) for name in parents)
    return Skeleton(
        names=np.array(names),
        parents=np.array([-1, *(names.index(parent) for parent in parents.values())]),
        directions=directions,
        lengths=lengths,
        axes=rng.uniform(-180, 180, (n, 3)),
        orders=np.array([["XYZ", "ZXY", "YZX"][i % 3] for i in range(n)]),
        dof=np.array([dof.get(name, "") for name in names]),
        limits=np.sort(rng.uniform(-180, 180, (n_limits, 2))),
        position=rng.normal(size=3),
        units=np.array([1.0, 0.45]),
    )


SMALL = {"hip": "root", "thigh": "hip", "shin": "thigh", "spine": "root", "head": "spine"}
SMALL_DOF = {"thigh": "rz rx ry", "shin": "rx", "spine": "rx ry rz"}


def small_skeleton(seed: int = 0) -> Skeleton:
    """Six bones; the hip and the head are rigid."""
    return skeleton_of(SMALL, SMALL_DOF, np.random.default_rng(seed))


PERSON = {
    **{side + "hipjoint": "root" for side in "lr"},
    **{side + bone: side + parent for side in "lr" for bone, parent in [("femur", "hipjoint"), ("tibia", "femur")]},
    **{side + bone: side + parent for side in "lr" for bone, parent in [("foot", "tibia"), ("toes", "foot")]},
    **dict(zip(("lowerback", "upperback", "thorax"), ("root", "lowerback", "upperback"), strict=True)),
    **dict(zip(("lowerneck", "upperneck", "head"), ("thorax", "lowerneck", "upperneck"), strict=True)),
    **{side + "clavicle": "thorax" for side in "lr"},
    **{
        side + bone: side + parent for side in "lr" for bone, parent in [("humerus", "clavicle"), ("radius", "humerus")]
    },
    **{side + bone: side + parent for side in "lr" for bone, parent in [("wrist", "radius"), ("hand", "wrist")]},
    **{side + bone: side + parent for side in "lr" for bone, parent in [("fingers", "hand"), ("thumb", "wrist")]},
}


def person() -> Skeleton:
    """A skeleton with the data's bones and channels and bones of random shape."""
    dof = {bone: " ".join(names) for bone, names in DOF.items() if bone != "root"}
    return skeleton_of({bone: PERSON[bone] for bone in BONES[1:]}, dof, np.random.default_rng(1))


def made_up():
    """Decoded content of the real form: trials of made-up motion, just long enough, and a body of random bones."""
    raw = {f"asf_{SUBJECT}_{name}": array for name, array in person().arrays().items()}
    for i, trial in enumerate(TRIALS):
        n = max(segment.last for segment in SEGMENTS if segment.trial == trial)
        rng = np.random.default_rng(i)
        angle = 2 * np.pi * (np.arange(n)[:, None] / FRAME_RATE * rng.uniform(0.2, 2, 62) + rng.random(62))
        raw[f"amc_{trial}"] = 40 * np.sin(angle)
    return raw
