"""Frames off the data, against a plain search; and where discontinuities are placed."""

import numpy as np
import pytest

from vhp.latent import off_data
from vhp.latent.off_data import Data, breaks, distance


def test_the_distance_is_that_to_the_nearest_example(monkeypatch, rng):
    monkeypatch.setattr(off_data, "BLOCK", 3)
    x, examples = rng.normal(size=(4, 2, 5)), rng.normal(size=(11, 5)).astype(np.float32)
    plain = [[min(np.sqrt(np.mean((frame - e) ** 2)) for e in examples) for frame in path] for path in x]
    np.testing.assert_allclose(distance(x, examples), plain, rtol=1e-5)


def test_an_example_itself_is_at_no_distance(rng):
    examples = (100 + rng.normal(size=(50, 8))).astype(np.float32)
    assert (distance(examples, examples) == 0).all()


def test_an_even_blend_of_unrelated_examples_is_off_the_data_and_held_out_examples_are_not(rng):
    """Ten unrelated pictures, and noise."""
    pictures = rng.normal(size=(10, 200))
    draw = lambda n: (pictures[rng.integers(10, size=n)] + 0.1 * rng.normal(size=(n, 200))).astype(np.float32)  # noqa: E731
    train, held_out = draw(400), draw(300)
    data = Data.of(train, held_out)
    assert data.off(draw(100))[0].mean() <= 0.02
    blend = pictures[0] + np.array([0.1, 0.5, 0.9])[:, None] * (pictures[1] - pictures[0])
    assert data.off(blend)[0].tolist() == [False, True, False]


def test_the_limit_is_the_held_out_examples_where_they_lie_apart():
    train, held_out = np.zeros((10, 4), np.float32), np.full((5, 4), 3.0, np.float32)
    assert Data.of(train, held_out).limit == pytest.approx(3)


def test_all_but_one_in_a_hundred_held_out_examples_are_on_the_data():
    """Those at 0.0 to 9.9 from the only two examples; the limit is interpolated between the 99th and the next."""
    train, held_out = np.zeros((2, 4), np.float32), np.repeat(np.arange(100)[:, None] / 10, 4, 1).astype(np.float32)
    data = Data.of(train, held_out)
    assert data.limit == pytest.approx(9.801) and data.off(held_out)[0].sum() == 1


def test_too_few_examples():
    with pytest.raises(ValueError, match="found 1 and 3 examples, expected at least 2 and 1"):
        Data.of(np.zeros((1, 4)), np.zeros((3, 4)))
    # One of grey examples is held out, and of one alone there is no distance between two.
    with pytest.raises(ValueError, match="found 2 and 3 examples, expected at least 3 and 1"):
        Data.of(np.full((2, 4), 100, np.uint8), np.zeros((3, 4), np.uint8))


def test_binarised_held_out_examples_do_not_widen_the_limit_of_grey_ones(rng):
    """Strokes with soft edges. A held-out one, binarised, is farther from every grey one than noise is."""
    places = rng.uniform(0, 1, (600, 2))
    grid = np.linspace(0, 1, 12)
    strokes = np.exp(
        -((grid - places[:, :1]) ** 2 + (grid[:, None, None] - places[:, 1:]) ** 2).transpose(1, 0, 2) / 0.1
    )
    grey = np.rint(255 * strokes.reshape(len(places), -1)).astype(np.uint8)
    train, val = grey[:400], grey[400:]
    drawn = np.where(rng.random(val.shape) * 255 < val, np.uint8(255), np.uint8(0))
    of_grey, of_drawn = Data.of(train, val), Data.of(train, drawn)
    assert of_drawn.limit == pytest.approx(of_grey.limit, rel=0.1)
    assert of_drawn.off(val / 255)[0].mean() < 0.05 and of_drawn.off(rng.random((50, 144)))[0].all()
    held_out = {row.tobytes() for row in train} - {
        np.rint(255 * row).astype(np.uint8).tobytes() for row in of_drawn.examples
    }
    assert len(held_out) == 80 and len(of_drawn.examples) == 320  # none of them is an example


@pytest.mark.parametrize(
    ("jumps", "off", "size", "expected"),
    [
        ([0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], []),
        ([0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1]),
        ([0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 9, 1, 0], [1]),  # the step to the farthest frame
        ([0, 0, 1, 0], [0, 1, 1, 0, 0], [0, 1, 9, 1, 0], [2]),  # the jump within the fade-out
        ([0, 0, 0, 0], [1, 0, 0, 0, 1], [9, 0, 0, 0, 9], [0, 3]),  # at both ends
    ],
)
def test_where_a_discontinuity_is_placed(jumps, off, size, expected):
    assert breaks(np.array(jumps, bool), np.array(off, bool), np.array(size, float)) == expected


def test_uint8_examples_are_means_as_decoded_frames_are(rng):
    grey = rng.integers(0, 256, (30, 6)).astype(np.uint8)
    found, expected = Data.of(grey[:20], grey[20:]), Data.of(grey[:20] / 255, grey[20:] / 255)
    np.testing.assert_allclose(found.examples, expected.examples, rtol=1e-6)
    assert found.limit == pytest.approx(expected.limit, rel=1e-6) and found.examples.max() <= 1
    assert not found.off(found.examples)[0].any()


def test_the_nearest_example_is_found_far_from_zero(rng):
    """Squares of the numbers as they are have errors in float32 as large as the distances."""
    x, examples = (10_000 + rng.normal(size=(n, 5)).astype(np.float32) for n in (200, 300))
    plain = np.sqrt(((x[:, None].astype(float) - examples) ** 2).mean(-1)).min(1)
    np.testing.assert_allclose(distance(x, examples), plain, rtol=1e-5)
