"""The z-buffer of the faces: equal to a loop over triangles and samples, and without holes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vhp.datasets.faces.rasteriser import SUBSAMPLE, rasterise

SHAPE = (6, 9)
# Halves put corners on samples and edges through them; small whole depths make ties.
COORDINATE = st.one_of(st.integers(-8, 24).map(lambda i: i / 2), st.floats(-30, 30, width=32))
DEPTH = st.one_of(st.integers(0, 2).map(float), st.floats(-5, 5, width=32))


def reference(xy, depth, value, triangles, shape):
    """The same picture, one triangle and one sample after the other, edge functions in whole numbers."""
    image, nearest = np.zeros(shape), np.full(shape, -np.inf)
    corners = [[round(float(c) * SUBSAMPLE) for c in point] for point in xy]
    for triangle in triangles.tolist():
        a, b, c = (corners[v] for v in triangle)
        for row in range(shape[0]):
            for column in range(shape[1]):
                sample = (column * SUBSAMPLE + SUBSAMPLE // 2, row * SUBSAMPLE + SUBSAMPLE // 2)
                weights = [cross(b, c, sample), cross(c, a, sample), cross(a, b, sample)]
                area = sum(weights)
                if area <= 0 or min(weights) < 0:
                    continue
                z, v = (sum(w * at[i] for w, i in zip(weights, triangle, strict=True)) / area for at in (depth, value))
                if z >= nearest[row, column]:
                    nearest[row, column], image[row, column] = z, v
    return image


def cross(p, q, s):
    """Positive where p, q, s run counter-clockwise as seen; y points downwards."""
    return (q[1] - p[1]) * (s[0] - p[0]) - (q[0] - p[0]) * (s[1] - p[1])


@st.composite
def soups(draw):
    """Up to eight triangles between up to seven points; about half of the corners lie where samples do."""
    n = draw(st.integers(3, 7))
    each = st.nothing()  # no filling up with one value, which would make most triangles degenerate
    xy = draw(arrays.arrays(float, (n, 2), elements=COORDINATE, fill=each))
    depth = draw(arrays.arrays(float, n, elements=DEPTH, fill=each))
    shape = (draw(st.integers(0, 8)), 3)
    triangles = draw(arrays.arrays(np.int32, shape, elements=st.integers(0, n - 1), fill=each))
    return xy, depth, np.arange(1.0, n + 1), triangles


@given(soups())
@settings(max_examples=300)
def test_any_soup_of_triangles_looks_as_the_plain_loop_draws_it(soup):
    np.testing.assert_array_equal(rasterise(*soup, SHAPE), reference(*soup, SHAPE))


def square(low, high, first=0):
    """Two triangles, counter-clockwise as seen: (4, 2) corners and (2, 3) indices."""
    xy = np.array([[low, low], [low, high], [high, high], [high, low]], float)
    return xy, np.array([[0, 1, 2], [0, 2, 3]]) + first


@given(arrays.arrays(float, (7, 10), elements=st.floats(-0.45, 0.45)), st.floats(0.6, 3))
def test_a_net_of_triangles_has_no_holes(shift, cell):
    y, x = np.mgrid[:7, :10]
    shift[:, [0, -1]] = 0  # the border stays, so that the whole picture is covered
    # Within a row the corners keep their order, so that no triangle turns over.
    xy = np.stack([x + shift, y], -1).reshape(-1, 2) * cell
    corner = (y * 10 + x)[:-1, :-1].ravel()
    triangles = np.concatenate(
        [np.stack([corner, corner + 10, corner + 11], 1), np.stack([corner, corner + 11, corner + 1], 1)]
    )
    shape = (int(6 * cell), int(9 * cell))
    image = rasterise(xy, np.zeros(70), np.ones(70), triangles, shape)
    np.testing.assert_array_equal(image, np.ones(shape))


def test_samples_on_an_edge_belong_to_the_triangles_on_both_sides():
    # The diagonal and the borders pass through samples. Alone, each half has the diagonal.
    xy, triangles = square(0.5, 4.5)
    for half in (0, 1):
        image = rasterise(xy, np.zeros(4), np.ones(4), triangles[[half]], (6, 6))
        np.testing.assert_array_equal(
            image[:5, :5], np.tril(np.ones((5, 5))) if half == 0 else np.triu(np.ones((5, 5)))
        )
        assert not image[5].any() and not image[:, 5].any()


def test_a_triangle_that_faces_away_is_not_drawn():
    xy, triangles = square(0, 4)
    depth, value = np.zeros(4), np.ones(4)
    assert rasterise(xy, depth, value, triangles, (4, 4)).all()
    assert not rasterise(xy, depth, value, triangles[:, ::-1], (4, 4)).any()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_square_hides_the_farther_one_whichever_comes_first(order):
    (far, one), (near, two) = square(0, 6), square(2, 4, first=4)
    triangles = np.concatenate([(one, two)[i] for i in order])
    depth, value = np.repeat([0.0, 1.0], 4), np.repeat([0.5, 1.0], 4)
    expected = np.full((6, 6), 0.5)
    expected[2:4, 2:4] = 1
    np.testing.assert_array_equal(rasterise(np.concatenate([far, near]), depth, value, triangles, (6, 6)), expected)


def test_of_equally_near_squares_the_last_is_seen():
    (first, one), (second, two) = square(0, 6), square(0, 6, first=4)
    value = np.repeat([0.25, 0.75], 4)
    image = rasterise(np.concatenate([first, second]), np.ones(8), value, np.concatenate([one, two]), (6, 6))
    np.testing.assert_array_equal(image, np.full((6, 6), 0.75))


def test_squares_that_pass_through_each_other_are_cut_where_they_meet():
    xy, one = square(0, 8)
    triangles = np.concatenate([one, one + 4])
    depth = np.concatenate([xy[:, 0], 8 - xy[:, 0]])  # one rises to the right, the other to the left
    image = rasterise(np.tile(xy, (2, 1)), depth, np.repeat([1.0, 2.0], 4), triangles, (8, 8))
    np.testing.assert_allclose(image, np.tile([2.0] * 4 + [1.0] * 4, (8, 1)), rtol=1e-12)


def test_values_are_interpolated_linearly():
    xy = np.array([[-1.0, -2.0], [3.25, 15.0], [17.5, 4.75]])
    image = rasterise(xy, np.zeros(3), 2 + 0.5 * xy[:, 0] - 0.25 * xy[:, 1], np.array([[0, 1, 2]]), (8, 8))
    rows, columns = np.nonzero(image)
    assert len(rows) > 20
    np.testing.assert_allclose(image[rows, columns], 2 + 0.5 * (columns + 0.5) - 0.25 * (rows + 0.5), rtol=1e-12)


def test_nothing_to_draw_is_an_empty_picture():
    nothing = np.zeros((0, 3), np.int32)
    assert not rasterise(np.zeros((1, 2)), np.zeros(1), np.ones(1), nothing, (3, 3)).any()
    outside, triangles = square(100, 110)
    assert not rasterise(outside, np.zeros(4), np.ones(4), triangles, (3, 3)).any()
