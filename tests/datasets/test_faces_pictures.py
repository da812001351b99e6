"""The pictures of faces: shading in closed form, the signs of the factors, and the real model."""

import itertools
import math
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhp.datasets import faces
from vhp.datasets.faces import facekit, prepare, scene
from vhp.datasets.faces.morphable import MorphableModel, round_weights
from vhp.datasets.faces.portrait import CENTRE, FILL, HALF_HEIGHT, portrait, portraits, turn

RADIUS = 9.0  # cm
FRONTAL = np.array([0.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def ball() -> MorphableModel:
    """A sphere about the middle of the picture, with one mode that displaces nothing."""
    n_polar, n_around = 90, 180
    polar, around = np.meshgrid(
        np.linspace(0, math.pi, n_polar + 1), np.arange(n_around) * 2 * math.pi / n_around, indexing="ij"
    )
    across = np.sin(polar)
    points = np.stack([across * np.sin(around), np.cos(polar), across * np.cos(around)], -1).reshape(-1, 3)
    i, j = (index.ravel() for index in np.mgrid[:n_polar, :n_around])
    after = (j + 1) % n_around
    a, b, c, d = i * n_around + j, (i + 1) * n_around + j, (i + 1) * n_around + after, i * n_around + after
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    mean = (np.array(CENTRE) + RADIUS * points).astype(np.float32)
    return MorphableModel(mean, np.zeros((1, *mean.shape), np.float16), triangles)


def pixel_centres() -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y upwards from the middle of the picture, cm."""
    rows, columns = np.mgrid[:64, :64]
    return (columns - 31.5) * HALF_HEIGHT / 32, (31.5 - rows) * HALF_HEIGHT / 32


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (-70, 0), (70, 20), (0, 50), (30, -15)])
def test_a_sphere_is_shaded_as_lamberts_law_says(ball, azimuth, elevation):
    light = scene.direction(np.radians(azimuth), np.radians(elevation))
    image = portrait(ball, ball.mean, 0.0, 0.0, light)
    x, y = pixel_centres()
    radius = np.hypot(x, y)
    z = np.sqrt(np.maximum(RADIUS**2 - radius**2, 0))
    expected = (1 - FILL) * np.maximum(x * light[0] + y * light[1] + z * light[2], 0) / RADIUS + FILL * z / RADIUS
    inner = radius < 0.9 * RADIUS
    # A pixel is the mean over four samples, and the brightness curves within it.
    np.testing.assert_allclose(image[inner], expected[inner], atol=0.01)
    assert not image[radius > RADIUS + HALF_HEIGHT / 32].any()


def test_a_sphere_looks_the_same_however_it_is_turned(ball):
    light = scene.direction(0.5, 0.3)
    straight = portrait(ball, ball.mean, 0.0, 0.0, light)
    np.testing.assert_allclose(portrait(ball, ball.mean, 1.1, -0.3, light), straight, atol=0.12)  # on the outline
    assert np.abs(portrait(ball, ball.mean, 1.1, -0.3, light) - straight).mean() < 0.002


@pytest.mark.parametrize(
    ("azimuth", "elevation", "brighter"),
    [
        (-60, 0, np.s_[:, :32]),  # light from the left
        (60, 0, np.s_[:, 32:]),
        (0, 50, np.s_[:32]),  # light from above
        (0, -50, np.s_[32:]),
    ],
)
def test_the_side_towards_the_light_is_brighter(ball, azimuth, elevation, brighter):
    image = portrait(ball, ball.mean, 0.0, 0.0, scene.direction(np.radians(azimuth), np.radians(elevation)))
    assert image[brighter].sum() > 0.7 * image.sum()


def test_yaw_turns_the_nose_to_the_right_and_pitch_turns_it_up():
    nose = np.array([[0.0, 0.0, 1.0]])
    np.testing.assert_allclose(turn(nose, math.pi / 2, 0.0), [[1, 0, 0]], atol=1e-15)
    np.testing.assert_allclose(turn(nose, 0.0, math.pi / 2), [[0, 1, 0]], atol=1e-15)
    # Yaw first: a nose that points right is not moved by pitch.
    np.testing.assert_allclose(turn(nose, math.pi / 2, 0.7), [[1, 0, 0]], atol=1e-15)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_turning_is_a_rotation(yaw, pitch):
    turned = turn(np.eye(3), yaw, pitch)
    np.testing.assert_allclose(turned @ turned.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turned) == pytest.approx(1)


def test_normals_are_weighted_by_area_and_of_length_one():
    # Two triangles share an edge: one in the plane z = 0 of twice the area of the other, in the plane x = 0.
    points = np.array([[0, 0, 0], [0, 1, 0], [-2, 0, 0], [0, 0, 1]], float)
    triangles = np.array([[0, 1, 2], [0, 3, 1]])
    model = MorphableModel(points.astype(np.float32), np.zeros((1, 4, 3), np.float16), triangles)
    normals = model.normals(points)
    np.testing.assert_allclose(normals[2], [0, 0, 1])
    np.testing.assert_allclose(normals[3], [-1, 0, 0])
    np.testing.assert_allclose(normals[:2], [[-1 / math.sqrt(5), 0, 2 / math.sqrt(5)]] * 2)


def test_vertices_are_exact_sums_whatever_the_order_of_the_modes():
    rng = np.random.default_rng(0)
    identity = (rng.normal(size=(100, 5, 3)) * 10.0 ** rng.integers(-7, 0, (100, 1, 1))).astype(np.float16)
    mean = np.zeros((5, 3), np.float32)
    weights = round_weights(rng.standard_normal((4, 100)))
    found = MorphableModel(mean, identity, np.zeros((0, 3), int)).vertices(weights)
    for n, v, axis in itertools.product(range(4), range(5), range(3)):
        terms = zip(weights[n].tolist(), identity[:, v, axis].tolist(), strict=True)
        assert Fraction(found[n, v, axis]) == sum(Fraction(w) * Fraction(d) for w, d in terms)
    order = rng.permutation(100)
    other = MorphableModel(mean, identity[order], np.zeros((0, 3), int)).vertices(weights[:, order])
    np.testing.assert_array_equal(other, found)


@pytest.mark.parametrize("weight", [8.0, -9.0, 0.1, math.nan])
def test_weights_that_do_not_sum_exactly_are_refused(ball, weight):
    with pytest.raises(ValueError, match=r"identity weights: found values that are not multiples of 2\^-16 between"):
        ball.vertices(np.array([[weight]]))
    if not math.isnan(weight):
        ball.vertices(round_weights(np.array([[weight]])))


def test_displacements_too_large_for_exact_sums_are_refused():
    with pytest.raises(ValueError, match="found displacements of up to 9600 cm"):
        MorphableModel(np.zeros((1, 3), np.float32), np.full((3, 1, 3), 400, np.float16), np.zeros((0, 3), int))


def test_scenes_lie_in_their_ranges_and_fill_them():
    scenes = scene.draw(4000, 20, seed=5)
    for values, low, high in [
        (scenes.yaw, -scene.YAW, scene.YAW),
        (scenes.pitch, -scene.PITCH, scene.PITCH),
        (np.arctan2(scenes.light[:, 0], scenes.light[:, 2]), -scene.LIGHT_AZIMUTH, scene.LIGHT_AZIMUTH),
        (np.arcsin(scenes.light[:, 1]), *scene.LIGHT_ELEVATION),
    ]:
        share = (values - low) / (high - low)
        assert share.min() > -1e-6 and share.max() < 1 + 1e-6
        np.testing.assert_allclose(np.quantile(share, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.04)
    np.testing.assert_allclose(np.linalg.norm(scenes.light, axis=1), 1, atol=1e-6)
    n = scenes.identity.size
    assert abs(scenes.identity.mean()) < 5 / math.sqrt(n)
    assert abs(scenes.identity.std() - 1) < 5 / math.sqrt(2 * n)
    np.testing.assert_array_equal(scenes.identity, scene.draw(4000, 20, seed=5).identity)


def test_preprocessing_records_what_is_in_the_pictures(ball, monkeypatch):
    monkeypatch.setattr(prepare, "SPLIT", {"train": 4, "val": 2, "test": 3})
    identity = np.random.default_rng(0).normal(0, 0.3, (2, *ball.mean.shape)).astype(np.float16)
    mean, triangles = ball.mean.astype(np.float32), ball.triangles
    arrays = prepare.preprocess({"mean": mean, "identity": identity, "triangles": triangles})
    factors = ("yaw", "pitch", "light", "identity")
    assert set(arrays) == {s for split in ("train", "val", "test") for s in (split, *(f"{split}_{f}" for f in factors))}
    for split, n in {"train": 4, "val": 2, "test": 3}.items():
        assert arrays[split].shape == (n, 4096) and arrays[split].dtype == np.float32
        grey = np.rint(arrays[split] * 255)
        np.testing.assert_array_equal(arrays[split], (grey / 255).astype(np.float32))
        scenes = scene.Scenes(*(arrays[f"{split}_{f}"] for f in factors))
        again = np.stack(list(portraits(MorphableModel(mean, identity, triangles), scenes)))
        np.testing.assert_array_equal(again.reshape(n, -1), grey)


@pytest.fixture(scope="module")
def heads() -> MorphableModel:
    content = Path(os.environ["VHP_DATA"], "ict_face", facekit.PACKED).read_bytes()
    return MorphableModel(**prepare.decode("identity", {facekit.PACKED: content}))


@pytest.mark.real_data
def test_the_mean_head_is_its_own_mirror_image(heads):
    image = portrait(heads, heads.mean, 0.6, 0.2, scene.direction(0.5, 0.3))
    mirrored = portrait(heads, heads.mean, -0.6, 0.2, scene.direction(-0.5, 0.3))
    assert np.abs(image - mirrored[:, ::-1]).mean() < 0.003


@pytest.mark.real_data
def test_heads_in_profile_and_heads_that_look_up_have_the_nose_where_it_belongs(heads):
    nose = np.argmax(heads.mean[:, 2])
    row = round(31.5 - (heads.mean[nose, 1] - CENTRE[1]) * 32 / HALF_HEIGHT)
    right = portrait(heads, heads.mean, math.pi / 2, 0.0, FRONTAL)
    tip = np.flatnonzero(right[row]).max()
    assert tip == np.flatnonzero(right[:48].any(0)).max()  # nothing of the head is farther to the right
    assert tip - np.flatnonzero(right[row - 8]).max() >= 2  # but the bridge of the nose lies back
    left = portrait(heads, heads.mean, -math.pi / 2, 0.0, FRONTAL)
    assert np.flatnonzero(left[row]).min() == np.flatnonzero(left[:48].any(0)).min()
    heights = [turn(heads.mean[[nose]] - CENTRE, 0.0, pitch)[0, 1] for pitch in (-scene.PITCH, 0, scene.PITCH)]
    assert heights[0] < heights[1] - 2 and heights[1] < heights[2] - 2


@pytest.mark.real_data
def test_real_faces_are_centred_lit_and_all_different(heads):
    scenes = scene.draw(60, heads.n_modes, seed=11)
    images = np.stack(list(portraits(heads, scenes)))
    rows, columns = np.mgrid[:64, :64]
    lit = images > 0
    n_lit = lit.sum((1, 2))
    assert ((n_lit > 0.35 * 4096) & (n_lit < 0.75 * 4096)).all()
    assert np.abs((lit * columns).sum((1, 2)) / n_lit - 31.5).max() < 5
    assert np.abs((lit * rows).sum((1, 2)) / n_lit - 32).max() < 7  # the neck draws it down
    assert not lit[:, :44, [0, -1]].any()  # left and right of the head there is room
    mean = images.mean((1, 2)) / 255
    assert mean.min() > 0.1 and mean.max() < 0.6
    assert images.max((1, 2)).min() > 150
    assert len({image.tobytes() for image in images}) == len(images)


@pytest.mark.real_data
def test_a_picture_does_not_depend_on_the_others_drawn_with_it(heads, monkeypatch):
    monkeypatch.setattr("vhp.datasets.faces.portrait.CHUNK", 4)
    scenes = scene.draw(10, heads.n_modes, seed=3)
    images = np.stack(list(portraits(heads, scenes)))
    backwards = np.arange(10)[::-1]
    np.testing.assert_array_equal(np.stack(list(portraits(heads, scenes[backwards]))), images[backwards])
    np.testing.assert_array_equal(next(portraits(heads, scenes[7:8])), images[7])


def test_the_pictures_are_as_large_as_stated(ball):
    image = next(portraits(ball, scene.draw(1, 1, seed=0)))
    assert image.shape == faces.IMAGE_SHAPE and image.dtype == np.uint8
