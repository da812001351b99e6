"""The motion data from upstream's files to the splits: on made-up trials, and on the real ones."""

import gzip
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.acclaim import made_up, person, small_skeleton, write_amc, write_asf
from vhp.datasets import content_sha256
from vhp.datasets.motion import BONES, CHANNELS, FEATURES, FRAME_RATE, MOVEMENTS, asf, posture
from vhp.datasets.motion.blocks import GAP, TRAIN
from vhp.datasets.motion.drawing import pictures
from vhp.datasets.motion.features import to_channels, to_features
from vhp.datasets.motion.kinematics import positions, rig
from vhp.datasets.motion.prepare import ITEMS, NOISE, decode, preprocess
from vhp.datasets.motion.rows import SUBJECT
from vhp.datasets.motion.segments import SEGMENTS, STRIDE, TRIALS
from vhp.datasets.motion_blocks import prepare as motion_blocks
from vhp.figures.motion.contact_sheet import N_FIGURES, SHOWN, contact_sheet, rows_at

SPLITS = ("train", "val", "test")


def frames(n, seed=0):
    return np.random.default_rng(seed).uniform(-60, 60, (n, 62)).round(6)


def test_an_item_is_decoded_plain_and_compressed_whatever_its_line_ends():
    values = frames(3)
    for content in (write_amc(values), write_amc(values, newline="\r\n"), gzip.compress(write_amc(values))):
        found = decode("35/35_01.amc", {"35/35_01.amc": content})
        assert list(found) == ["amc_35_01"] and found["amc_35_01"].dtype == np.float64
        np.testing.assert_array_equal(found["amc_35_01"], values)

    texts = [write_asf(person()), write_asf(person(), "\r\n"), gzip.compress(write_asf(person()))]
    contents = [decode("35/35.asf", {"35/35.asf": text}) for text in texts]
    assert len({content_sha256(content) for content in contents}) == 1
    assert "asf_35_lengths" in contents[0]
    assert all(array.dtype.kind in "fiU" for array in contents[0].values())


@pytest.mark.parametrize(
    ("item", "content", "message"),
    [
        ("35/35_01.amc", b"", "35/35_01.amc, line 1: found frames without"),
        ("35/35_01.amc", gzip.compress(write_amc(frames(2)), mtime=0)[:-9], "35/35_01.amc: the gzip stream is damaged"),
        ("35/35_01.amc", b"\x1f\x8bnonsense", "35/35_01.amc: the gzip stream is damaged"),
        (
            "35/35_01.amc",
            gzip.compress(b"a" * 99, mtime=0)[:12] + b"\xff" * 20,
            "35/35_01.amc: the gzip stream is damaged",
        ),
        ("35/35_01.amc", write_amc(frames(2), first=7), "35/35_01.amc: found 7 as the first frame, expected 1"),
        ("35/35_01.amc", b"404: Not Found", "35/35_01.amc, line 1: found frames without"),
        ("35/35.asf", b"404: Not Found", "35/35.asf, line 1: found '404:', expected a section"),
    ],
)
def test_damaged_items_are_refused(item, content, message):
    with pytest.raises(ValueError, match=message):
        decode(item, {item: content})


def test_a_trial_that_is_too_short_and_another_skeleton_are_refused():
    raw = made_up()
    short = raw | {"amc_49_20": raw["amc_49_20"][:-1]}
    with pytest.raises(ValueError, match="trial 49_20: found 897 frames, expected at least 898"):
        preprocess(short)
    other = {f"asf_{SUBJECT}_{name}": array for name, array in small_skeleton().arrays().items()}
    with pytest.raises(ValueError, match=r"subject 35: found the bones .*'spine'"):
        preprocess(raw | other)


def check_splits(arrays, raw):
    """What must hold of the splits, of made-up motion and real."""
    for split in SPLITS:
        n = len(arrays[split])
        assert arrays[split].shape == (n, 50) and arrays[split].dtype == np.float32
        assert all(len(arrays[f"{split}_{key}"]) == n for key in ("movement", "trial", "frame"))
        assert set(arrays[f"{split}_movement"]) == set(range(len(MOVEMENTS)))
        # Every row is the frame that it says it is.
        for trial in set(arrays[f"{split}_trial"]):
            own = arrays[f"{split}_trial"] == trial
            features = to_features(raw[f"amc_{TRIALS[trial]}"])[arrays[f"{split}_frame"][own] - 1]
            np.testing.assert_allclose(posture.angles(arrays[split][own], arrays), features, atol=1e-4)
    np.testing.assert_allclose(arrays["train"].mean(0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(arrays["train"].std(0, dtype=float), 1, atol=1e-6)


def smallest_distance(arrays):
    """Between frames of one trial in different splits, in frames."""
    trial = np.concatenate([arrays[f"{split}_trial"] for split in SPLITS])
    frame = np.concatenate([arrays[f"{split}_frame"] for split in SPLITS])
    split = np.repeat(range(3), [len(arrays[name]) for name in SPLITS])
    order = np.lexsort((frame, trial))  # neighbours in time are neighbours in this order
    steps = np.diff(frame[order])
    return steps[(np.diff(trial[order].astype(int)) == 0) & (np.diff(split[order]) != 0)].min()


def test_splits_by_blocks_are_the_frames_they_say_and_a_gap_apart():
    raw = made_up()
    arrays = motion_blocks.preprocess(raw)
    check_splits(arrays, raw)
    assert smallest_distance(arrays) > GAP
    assert all(array.dtype.kind in "fiu" for array in arrays.values())  # torch takes no text


def test_the_uniform_split_has_every_frame_once_in_the_stated_shares():
    raw = made_up()
    arrays = preprocess(raw)
    check_splits(arrays, raw)
    rows = [
        (trial, frame)
        for split in SPLITS
        for trial, frame in zip(arrays[f"{split}_trial"], arrays[f"{split}_frame"], strict=True)
    ]
    every = [(TRIALS.index(s.trial), frame) for s in SEGMENTS for frame in range(s.first, s.last + 1)]
    assert sorted(rows) == sorted(every)
    assert [len(arrays[split]) for split in SPLITS] == [10_557, 1_319, 1_320]
    # Uniformly: of each movement about four fifths train, within five standard deviations of a random choice.
    for movement in range(len(MOVEMENTS)):
        n = [int((arrays[f"{split}_movement"] == movement).sum()) for split in SPLITS]
        assert abs(n[0] - 0.8 * sum(n)) < 5 * np.sqrt(0.16 * sum(n))
    assert smallest_distance(arrays) == 1


def test_the_noise_of_training_rows_is_a_share_of_each_features_range():
    arrays = preprocess(made_up())
    span = arrays["train"].max(0) - arrays["train"].min(0)
    assert arrays["noise"].dtype == np.float32
    np.testing.assert_allclose(arrays["noise"], NOISE * span, rtol=1e-6)


@pytest.mark.parametrize("prepared", [preprocess, motion_blocks.preprocess])
def test_preprocessing_twice_gives_the_same_bytes(prepared):
    raw = made_up()
    assert content_sha256(prepared(raw)) == content_sha256(prepared(dict(reversed(raw.items()))))


def test_segments_do_not_overlap_and_keep_their_trials_apart_where_they_must():
    for trial in TRIALS:
        spans = sorted((s.first, s.last) for s in SEGMENTS if s.trial == trial)
        assert all(first <= last for first, last in spans)
        assert all(last + GAP < first for (_, last), (first, _) in pairwise(spans))
    assert set(STRIDE) == set(MOVEMENTS) == {s.movement for s in SEGMENTS}
    assert {s.trial for s in SEGMENTS if s.pattern == TRAIN} == {"49_18", "49_19"}


def test_the_contact_sheet_has_a_strip_of_upright_figures_for_each_movement():
    arrays = preprocess(made_up())
    figure = contact_sheet(arrays)
    assert [ax.get_title("left") for ax in figure.axes] == [f"{m} (trial {SHOWN[m][0]})" for m in MOVEMENTS]
    for ax, movement in zip(figure.axes, MOVEMENTS, strict=True):
        assert len(ax.patches) == N_FIGURES  # heads
        assert sum(len(c.get_segments()) for c in ax.collections) == N_FIGURES * (len(BONES) - 1)
        trial, first, seconds = SHOWN[movement]
        wanted = first + np.linspace(0, seconds * FRAME_RATE, N_FIGURES)
        rows = rows_at(arrays, trial, wanted)
        assert (arrays["train_movement"][rows] == MOVEMENTS.index(movement)).all()
        assert np.abs(arrays["train_frame"][rows] - wanted).max() <= 4  # a fifth of the frames is in other splits


@pytest.fixture(scope="module")
def real():
    """Decoded content of the real files."""
    folder = Path(os.environ["VHP_DATA"], "mocap")
    raw = {}
    for item in ITEMS:
        name = Path(item).name
        path = folder / "asf" / name if name.endswith(".asf") else folder / "amc" / f"{name}.gz"
        raw |= decode(item, {item: path.read_bytes()})
    return raw


@pytest.mark.real_data
def test_real_splits_hold_every_movement_and_keep_their_distance(real):
    check_splits(preprocess(real), real)
    arrays = motion_blocks.preprocess(real)
    check_splits(arrays, real)
    assert smallest_distance(arrays) > GAP
    counts = {s: np.bincount(arrays[f"{s}_movement"]).tolist() for s in SPLITS}
    assert counts == {
        "train": [550, 424, 687, 465, 413],
        "val": [155, 66, 135, 135, 123],
        "test": [183, 90, 135, 150, 138],
    }
    assert arrays["std"].min() > 1 and arrays["std"].max() < 40  # degrees
    assert max(np.abs(arrays[split]).max() for split in SPLITS) < 7


@pytest.mark.real_data
def test_the_channels_left_out_say_nothing(real):
    channels = np.concatenate([real[f"amc_{s.trial}"][s.first - 1 : s.last] for s in SEGMENTS])
    column = {name: channels[:, i] for i, name in enumerate(CHANNELS)}
    for name in ("rclavicle.ry", "rclavicle.rz", "lclavicle.ry", "lclavicle.rz"):
        assert np.abs(column[name]).max() < 1e-12
    for name in ("rfingers.rx", "lfingers.rx"):
        assert (column[name] == 7.12502).all()
    arrays = preprocess(real)
    back = to_channels(to_features(channels), arrays["thumbs"])
    error = np.abs(back - channels)[:, 6:]
    assert error.max() < 0.4  # degrees
    thumbs = [CHANNELS.index(name) - 6 for name in ("rthumb.rx", "lthumb.rx")]
    error[:, thumbs] = 0
    assert error.max() < 1e-9
    assert len(FEATURES) == arrays["train"].shape[1]


@pytest.mark.real_data
@pytest.mark.parametrize("segment", [s for s in SEGMENTS if s.trial[:2] not in ("13", "14")], ids=str)
def test_real_people_stand_on_the_ground_with_their_heads_up(real, segment):
    """Each on the own skeleton, at the place where the root's translation puts it."""
    subject = segment.trial[:2]
    file = Path(os.environ["VHP_DATA"], "mocap", "asf", f"{subject}.asf")
    skeleton = asf.read(file.name, file.read_bytes())
    points = positions(rig(skeleton, CHANNELS), real[f"amc_{segment.trial}"][segment.first - 1 : segment.last])
    height = dict(zip(skeleton.names.tolist(), points[..., 1].T, strict=True))
    lowest = np.min([height[bone] for bone in ("lfoot", "rfoot")], axis=0)
    assert 0.02 < np.median(lowest) < 0.06  # metres: the ball of the foot that stands
    assert lowest.min() > -0.05 and lowest.max() < (0.2 if segment.movement == "jogging" else 0.1)
    assert 1.4 < np.median(height["head"]) < 1.8
    assert (height["head"] - height["root"] > 0.4).all()
    lengths = np.linalg.norm(points[:, 1:] - points[:, skeleton.parents[1:]], axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[0], lengths.shape), rtol=1e-9)
    travel = np.linalg.norm(np.diff(points[:, 0], axis=0), axis=1).mean() * FRAME_RATE  # metres per second
    low, high = {"walking": (0.4, 2), "jogging": (2, 5), "balancing": (0, 0.1)}.get(segment.movement, (0, 0.5))
    assert low < travel < high


@pytest.mark.real_data
def test_joggers_lift_both_knees_in_turn_and_kickers_the_right_leg(real):
    column = {name: i for i, name in enumerate(CHANNELS)}
    for segment in SEGMENTS:
        channels = real[f"amc_{segment.trial}"][segment.first - 1 : segment.last]
        left, right = channels[:, column["ltibia.rx"]], channels[:, column["rtibia.rx"]]
        if segment.movement == "jogging":
            assert np.corrcoef(left, right)[0, 1] < -0.2
            assert min(np.ptp(left), np.ptp(right)) > 25
        if segment.movement == "kicking":
            assert channels[:, column["rfemur.rx"]].min() < -90 < -50 < channels[:, column["lfemur.rx"]].min()


@pytest.mark.real_data
def test_real_figures_fit_their_pictures(real):
    arrays = preprocess(real)
    drawn = pictures(arrays["test"], arrays)
    border = np.concatenate([drawn[:, 0], drawn[:, -1], drawn[:, :, 0], drawn[:, :, -1]], axis=1)
    assert border.min() > 0.95
    assert (drawn.min((1, 2)) < 0.05).all()
