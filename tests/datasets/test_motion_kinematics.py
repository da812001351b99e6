"""Forward kinematics: hand-computed positions, a plain reference, and what must hold of any body."""

import math

import numpy as np
import pytest

from tests.acclaim import person, small_skeleton
from vhp.datasets.motion import CHANNELS
from vhp.datasets.motion.kinematics import METRES_PER_INCH, positions, rig, rotation
from vhp.datasets.motion.skeleton import Skeleton

XYZ = np.array([0, 1, 2])


def channels_of(skeleton):
    return [f"{bone}.{dof}" for bone, names in skeleton.dof_of_bones().items() for dof in names]


def arm(axis=(0.0, 0.0, 0.0)):
    """An upper arm of 2 along x and below it, when at rest, a forearm of 1 that points down: an L."""
    return Skeleton(
        names=np.array(["root", "upper", "fore"]),
        parents=np.array([-1, 0, 1]),
        directions=np.array([[0, 0, 0], [1, 0, 0], [0, -1, 0]], float),
        lengths=np.array([0, 2, 1], float),
        axes=np.array([[0, 0, 0], axis, axis], float),
        orders=np.array(["XYZ"] * 3),
        dof=np.array(["tx ty tz rx ry rz", "rx ry rz", "rx ry rz"]),
        limits=np.zeros((6, 2)),
        position=np.zeros(3),
        units=np.array([1, METRES_PER_INCH]),  # so that a unit of length is a metre
    )


def place(skeleton, **angles):
    """Ends of the bones, with channels such as upper_rz, degrees; the others 0."""
    names = channels_of(skeleton)
    channels = np.zeros(len(names))
    for name, value in angles.items():
        channels[names.index(name.replace("_", "."))] = value
    return positions(rig(skeleton, names), channels)


@pytest.mark.parametrize(
    ("angles", "elbow", "hand"),
    [
        ({}, (2, 0, 0), (2, -1, 0)),
        ({"root_tx": 1, "root_ty": 2, "root_tz": 3}, (3, 2, 3), (3, 1, 3)),
        ({"root_ry": 90}, (0, 0, -2), (0, -1, -2)),  # from x to -z
        ({"upper_rz": 90}, (0, 2, 0), (1, 2, 0)),  # from x to y; the forearm, from -y to x, comes along
        ({"upper_rx": 90}, (2, 0, 0), (2, 0, -1)),  # about its own length; the forearm from -y to -z
        ({"fore_rz": 90}, (2, 0, 0), (3, 0, 0)),
        ({"upper_rz": 90, "fore_rz": -90}, (0, 2, 0), (0, 1, 0)),
        # X before Y before Z: the forearm -y goes to -z, then -x, then -y. The other way round it would end at y.
        ({"fore_rx": 90, "fore_ry": 90, "fore_rz": 90}, (2, 0, 0), (2, -1, 0)),
        ({"fore_rx": 90, "fore_ry": 90}, (2, 0, 0), (1, 0, 0)),
        ({"fore_rz": 30}, (2, 0, 0), (2 + 0.5, -math.sqrt(0.75), 0)),
    ],
)
def test_an_arm_is_where_a_hand_computation_puts_it(angles, elbow, hand):
    root, upper, fore = place(arm(), **angles)
    np.testing.assert_allclose(root, [angles.get(f"root_t{axis}", 0) for axis in "xyz"], atol=1e-15)
    np.testing.assert_allclose(upper, elbow, atol=1e-15)
    np.testing.assert_allclose(fore, hand, atol=1e-15)


@pytest.mark.parametrize(
    ("axis", "angles", "elbow", "hand"),
    [
        # The bone's own x is the world's y: a turn about it is one about y, x -> -z.
        ((0, 0, 90), {"upper_rx": 90}, (0, 0, -2), (0, -1, -2)),
        # Its own y is the world's -x: a turn by 90 is one by -90 about x, -y -> z.
        ((0, 0, 90), {"fore_ry": 90}, (2, 0, 0), (2, 0, 1)),
        # Axes turned about x first, then y: its own y is R_y(90) R_x(90) y = R_y(90) z = x. -y -> -z.
        ((90, 90, 0), {"fore_ry": 90}, (2, 0, 0), (2, 0, -1)),
        # The rest posture does not depend on the axes.
        ((10, 20, 30), {}, (2, 0, 0), (2, -1, 0)),
    ],
)
def test_rotations_are_about_the_bones_own_axes(axis, angles, elbow, hand):
    _, upper, fore = place(arm(axis), **angles)
    np.testing.assert_allclose(upper, elbow, atol=1e-15)
    np.testing.assert_allclose(fore, hand, atol=1e-15)


def plain_rotation(angles, order):
    """One 3 x 3 matrix, written out."""
    matrix = np.eye(3)
    for axis in order:
        c, s = math.cos(math.radians(angles["XYZ".index(axis)])), math.sin(math.radians(angles["XYZ".index(axis)]))
        turn = {
            "X": [[1, 0, 0], [0, c, -s], [0, s, c]],
            "Y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            "Z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        }[axis]
        matrix = np.array(turn) @ matrix
    return matrix


def plain_positions(skeleton, frame):
    """One frame (n,), bone by bone, with homogeneous 4 x 4 matrices."""
    values = dict(zip(channels_of(skeleton), frame, strict=True))
    worlds, ends = [], []
    for i, name in enumerate(skeleton.names):
        c = plain_rotation(skeleton.axes[i], skeleton.orders[i])
        m = plain_rotation([values.get(f"{name}.r{axis}", 0.0) for axis in "xyz"], skeleton.orders[i])
        local = np.eye(4)
        local[:3, :3] = c @ m @ np.linalg.inv(c)
        if name == "root":
            local[:3, 3] = skeleton.position + [values[f"root.t{axis}"] for axis in "xyz"]
            world = local
        else:
            parent = skeleton.parents[i]
            shift = np.eye(4)
            shift[:3, 3] = skeleton.directions[parent] * skeleton.lengths[parent]  # a bone begins where its parent ends
            world = worlds[parent] @ shift @ local
        worlds.append(world)
        ends.append((world @ [*(skeleton.directions[i] * skeleton.lengths[i]), 1])[:3])
    return np.array(ends) * METRES_PER_INCH / skeleton.units[1]


@pytest.mark.parametrize("skeleton", [small_skeleton(3), person()], ids=["small", "person"])
def test_many_frames_at_once_equal_one_by_one(skeleton):
    names = channels_of(skeleton)
    channels = np.random.default_rng(0).uniform(-180, 180, (2, 4, len(names)))
    found = positions(rig(skeleton, names), channels)
    assert found.shape == (2, 4, len(skeleton.names), 3)
    for index in np.ndindex(2, 4):
        np.testing.assert_allclose(found[index], plain_positions(skeleton, channels[index]), atol=1e-12)


def test_the_order_of_the_channels_is_the_one_asked_for():
    skeleton = small_skeleton()
    names = channels_of(skeleton)
    channels = np.random.default_rng(0).uniform(-180, 180, (3, len(names)))
    backwards = positions(rig(skeleton, names[::-1]), channels[:, ::-1])
    np.testing.assert_array_equal(positions(rig(skeleton, names), channels), backwards)


def test_bones_keep_their_lengths_and_a_body_moves_and_turns_as_a_whole():
    skeleton = person()
    own = rig(skeleton, CHANNELS)
    channels = np.random.default_rng(0).uniform(-90, 90, (5, 62))
    points = positions(own, channels)
    lengths = np.linalg.norm(points[:, 1:] - points[:, own.parents[1:]], axis=-1)
    np.testing.assert_allclose(lengths, np.tile(skeleton.lengths[1:] * own.metres, (5, 1)), rtol=1e-12)

    moved = channels.copy()
    moved[:, :3] += [1, 2, 3]
    np.testing.assert_allclose(positions(own, moved), points + own.metres * np.array([1, 2, 3]), atol=1e-12)
    turned = channels.copy()
    turned[:, 3:6] += 40
    a, b = points - points[:, :1], positions(own, turned) - positions(own, turned)[:, :1]
    np.testing.assert_allclose(b @ b.swapaxes(1, 2), a @ a.swapaxes(1, 2), atol=1e-12)


def test_rotation_matrices_turn_in_the_order_given():
    angles = np.random.default_rng(0).uniform(-180, 180, (6, 3))
    for order in ("XYZ", "ZYX", "YZX"):
        found = rotation(angles, np.array(["XYZ".index(axis) for axis in order]))
        np.testing.assert_allclose(found, [plain_rotation(a, order) for a in angles], atol=1e-15)
    np.testing.assert_allclose(
        rotation(angles, XYZ) @ rotation(angles, XYZ).swapaxes(1, 2), [np.eye(3)] * 6, atol=1e-15
    )


def test_channels_that_are_not_the_skeletons_are_refused():
    names = channels_of(small_skeleton())
    with pytest.raises(ValueError, match=r"found 12, expected the skeleton's 13; they differ in \['spine.rz'\]"):
        rig(small_skeleton(), names[:-1])
