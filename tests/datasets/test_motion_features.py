"""The 62 channels of a frame as 50 features, and back to angles, joints and pictures."""

import numpy as np
import pytest

from tests.acclaim import person
from vhp.datasets.motion import BONES, CHANNELS, CONSTANT, FEATURES, IMAGE_SHAPE, JOINTS, ROOT, THUMBS, posture
from vhp.datasets.motion.drawing import AHEAD, GROUND, SPAN, pictures, project, side
from vhp.datasets.motion.features import FINGERS, XYZ, YXZ, pitch_and_roll, scale, thumb_line, to_channels, to_features
from vhp.datasets.motion.kinematics import positions, rig, rotation

THUMB_LINES = np.array([[0.965, 25.6], [0.9, 20.0]])


def walk(n=40, seed=0):
    """Smooth motion of all channels, with what the data have in common: constant channels, thumbs that follow."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)[:, None] / n
    channels = 40 * np.sin(2 * np.pi * (t * rng.integers(1, 3, 62) + rng.random(62)))
    for name in CONSTANT:
        channels[:, CHANNELS.index(name)] = FINGERS if "fingers" in name else 1e-14
    for (thumb, hand), (slope, intercept) in zip(THUMBS.items(), THUMB_LINES, strict=True):
        channels[:, CHANNELS.index(thumb)] = slope * channels[:, CHANNELS.index(hand)] + intercept
    return channels


def test_12_of_62_channels_go_and_the_root_becomes_two_angles():
    assert (len(CHANNELS), len(FEATURES)) == (62, 50)
    assert (len(ROOT), len(CONSTANT), len(THUMBS)) == (6, 6, 2)
    assert set(CHANNELS) - set(FEATURES) == {*ROOT, *CONSTANT, *THUMBS}
    assert set(FEATURES) - set(CHANNELS) == {"root.pitch", "root.roll"}


def test_every_feature_belongs_to_one_joint():
    assert sorted(i for group in JOINTS.values() for i in group) == list(range(50))
    assert JOINTS["root"] == [0, 1] and [FEATURES[i] for i in JOINTS["lfoot"]] == ["lfoot.rx", "lfoot.rz"]
    assert all(FEATURES[i].startswith(f"{joint}.") for joint, group in JOINTS.items() for i in group)


def test_pitch_and_roll_are_what_is_left_of_the_roots_rotation_without_its_heading():
    rng = np.random.default_rng(0)
    angles = rng.uniform(-180, 180, (50, 3))
    matrix = rotation(angles, XYZ)
    pitch, roll = pitch_and_roll(angles).T
    # R = R_y(heading) R_x(pitch) R_z(roll): what is over is a turn about y alone.
    tilt = rotation(np.stack([pitch, 0 * pitch, roll], 1), YXZ)
    heading = matrix @ tilt.swapaxes(1, 2)
    np.testing.assert_allclose(heading[:, 1], np.tile([0, 1, 0], (50, 1)), atol=1e-12)
    np.testing.assert_allclose(heading[:, :, 1], np.tile([0, 1, 0], (50, 1)), atol=1e-12)


@pytest.mark.parametrize(
    ("angles", "pitch", "roll"),
    [((30, 0, 0), 30, 0), ((0, 77, 0), 0, 0), ((0, 0, 30), 0, 30), ((0, 90, 20), -20, 0), ((0, -90, 20), 20, 0)],
)
def test_pitch_and_roll_of_plain_turns(angles, pitch, roll):
    # The last two: facing x or -x, a turn by 20 degrees about z is bending back or forwards.
    np.testing.assert_allclose(pitch_and_roll(np.array(angles, float)), [pitch, roll], atol=1e-12)


def test_a_person_who_bends_forwards_has_positive_pitch():
    up = rotation(np.array([20.0, 0, 0]), XYZ) @ [0, 1, 0]
    assert up[2] > 0  # the root faces z
    assert pitch_and_roll(np.array([20.0, 0, 0]))[0] == pytest.approx(20)


def test_features_do_not_depend_on_place_and_heading():
    channels = walk()
    turned = channels.copy()
    turned[:, :3] += [5, 0, -9]
    # Turn about y by 70 degrees: of the Euler angles only those of the new matrix are known.
    matrix = rotation(np.array([0.0, 70, 0]), XYZ) @ rotation(channels[:, 3:6], XYZ)
    turned[:, 3] = np.degrees(np.arctan2(matrix[:, 2, 1], matrix[:, 2, 2]))
    turned[:, 4] = np.degrees(-np.arcsin(matrix[:, 2, 0]))
    turned[:, 5] = np.degrees(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]))
    assert np.abs(turned[:, 3:6] - channels[:, 3:6]).max() > 30
    np.testing.assert_allclose(to_features(turned), to_features(channels), atol=1e-10)


def test_angles_are_unwrapped_within_a_trial_and_start_in_the_principal_range():
    n = 200
    channels = np.zeros((n, 62))
    slow = np.linspace(500, 1100, n)  # degrees, 3 per frame
    channels[:, CHANNELS.index("lwrist.ry")] = (slow + 180) % 360 - 180
    found = to_features(channels)[:, FEATURES.index("lwrist.ry")]
    np.testing.assert_allclose(found, slow - 360, atol=1e-9)
    assert np.abs(np.diff(to_features(channels), axis=0)).max() < 4


def test_channels_come_back_but_for_place_and_heading():
    channels = walk()
    lines = thumb_line(channels)
    np.testing.assert_allclose(lines, THUMB_LINES, atol=1e-9)
    back = to_channels(to_features(channels), lines)
    kept = [i for i, name in enumerate(CHANNELS) if name not in ROOT]
    np.testing.assert_allclose(back[:, kept], channels[:, kept], atol=1e-9)
    np.testing.assert_array_equal(back[:, :3], 0)
    np.testing.assert_allclose(to_features(back), to_features(channels), atol=1e-9)
    np.testing.assert_allclose(to_channels(to_features(channels).reshape(4, 10, 50), lines).reshape(40, 62), back)


def test_a_feature_that_stands_still_does_not_blow_up():
    features = to_features(walk())
    features[:, 3] = 7
    features[:, 4] = 7 + 1e-6 * np.sin(np.arange(40))
    mean, std = scale(features)
    rows = (features - mean) / std
    assert std[3] == std[4] == 1 and np.abs(rows[:, 3:5]).max() < 1e-5
    others = [i for i in range(50) if i not in (3, 4)]
    np.testing.assert_allclose(rows[:, others].std(0), 1)


def processed():
    """What preprocess gives of the made-up motion, with a body of random bones."""
    features = to_features(walk())
    mean, std = scale(features)
    body = {f"rig_{name}": array for name, array in vars(rig(person(), CHANNELS)).items()}
    return (features - mean) / std, {"mean": mean, "std": std, "thumbs": THUMB_LINES, **body}


def test_rows_become_angles_and_joints_that_stand_on_the_ground():
    x, arrays = processed()
    np.testing.assert_allclose(posture.angles(x, arrays), to_features(walk()), atol=1e-9)

    found = posture.joints(x.reshape(8, 5, 50), arrays).reshape(40, 31, 3)
    not_toes = [i for i, bone in enumerate(BONES) if not bone.endswith("toes")]
    np.testing.assert_allclose(found[:, not_toes, 1].min(1), posture.SOLE)
    np.testing.assert_allclose(found[:, 0, [0, 2]], 0, atol=1e-12)
    # The body is the original one, moved and turned: all distances are the same.
    original = positions(rig(person(), CHANNELS), walk())
    for points in (found, original):
        points -= points[:, :1]
    np.testing.assert_allclose(found @ found.swapaxes(1, 2), original @ original.swapaxes(1, 2), atol=1e-9)


def test_left_right_and_middle_are_told_apart():
    sides = {bone: side(bone) for bone in BONES}
    assert {b for b, s in sides.items() if s == "middle"} == {
        *("root", "lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head")
    }
    assert all((s == "left") == (b[0] == "l") for b, s in sides.items() if s != "middle")


def test_the_camera_sees_a_person_walk_to_the_right():
    ahead, left, up = project(np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]]))
    assert ahead[0] > 0.5 and ahead[1] == 0
    assert 0 < left[0] < ahead[0]  # the left side is further away: behind, seen from the front right
    np.testing.assert_allclose(up, [0, 1], atol=1e-15)


def test_pictures_show_black_on_white_where_the_joints_are():
    x, arrays = processed()
    # An ordinary body: a random one does not fit the picture.
    arrays["rig_offsets"] = arrays["rig_offsets"] * 0.05
    drawn = pictures(x.reshape(8, 5, 50), arrays)
    assert drawn.shape == (8, 5, *IMAGE_SHAPE)
    assert drawn.min() >= 0 and drawn.max() == 1
    assert (drawn.min((2, 3)) < 0.1).all()  # right limbs are black
    np.testing.assert_array_equal(pictures(x[7], arrays), drawn[1, 2])

    points = project(posture.joints(x[7], arrays))
    pixel = SPAN / IMAGE_SHAPE[0]
    for bone, (right, up) in zip(BONES, points, strict=True):
        row = int((SPAN - GROUND - up) / pixel)
        column = int((right - AHEAD) / pixel + IMAGE_SHAPE[1] / 2)
        expected = {"left": 0.61, "middle": 0.26, "right": 0.01}[side(bone)]
        assert drawn[1, 2, row, column] <= expected, bone
