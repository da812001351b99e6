"""Examples that are points: what is drawn where, and in which plane."""

import numpy as np
import pytest

from vhp.figures import scatter
from vhp.figures.interpolation_strips import BOX_COLOUR, Strips
from vhp.figures.samples import Samples

TEST = np.random.default_rng(0).normal(size=(50, 2)) * [3, 1] + [10, -5]
SEEN = scatter.view(("east", "north"), TEST)


def test_two_coordinates_are_the_axes_and_all_examples_are_within():
    ax = scatter.samples([Samples("vhp_rewo", TEST[:8], TEST[:4], TEST[:4])], SEEN, TEST).axes[0]
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert ([left, bottom] < TEST).all() and ([right, top] > TEST).all() and right - left < 1.2 * np.ptp(TEST[:, 0])
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), TEST)


def test_of_more_coordinates_the_plane_of_largest_variance_is_seen(rng):
    basis, _ = np.linalg.qr(rng.normal(size=(5, 2)))
    x = TEST @ basis.T
    seen = scatter.view("abcde", x)
    assert seen.labels[0].startswith("principal component 1 (") and np.allclose(seen(x) @ seen.basis.T + seen.origin, x)


def test_what_is_outside_is_counted_and_shown_test_examples_are_drawn_at_random():
    far = TEST[:8] + np.array([[1e3, 0]] * 3 + [[0, 0]] * 5)
    top, bottom = scatter.samples([Samples("vhp_rewo", far, TEST[:4], TEST[:4] - [0, 1e3])], SEEN, TEST).axes
    assert [t.get_text() for t in top.texts] == ["3 of 8 outside"]
    assert [t.get_text() for t in bottom.texts] == ["4 of 4 outside"]
    x = np.sort(np.random.default_rng(0).uniform(size=(10 * scatter.N_POINTS, 2)), axis=0)
    ax = scatter.samples([Samples("vhp_rewo", x[:1], x[:1], x[:1])], scatter.view(("x", "y"), x), x).axes[0]
    shown = np.asarray(ax.collections[0].get_offsets())
    assert len(shown) == scatter.N_POINTS and np.median(shown[:, 0]) == pytest.approx(0.5, abs=0.05)


def test_samples_are_above_and_each_example_is_joined_to_its_reconstruction():
    runs = [Samples(method, TEST[:8], TEST[8:12], TEST[8:12] + 0.5) for method in ("vhp_rewo", "iwae_l1")]
    figure = scatter.samples(runs, SEEN, TEST)
    axes = np.array(figure.axes).reshape(2, 2)
    assert [ax.get_title() for ax in axes[0]] == ["VHP + REWO", "IWAE (L=1)"]
    np.testing.assert_array_equal(axes[0, 1].collections[1].get_offsets(), TEST[:8])
    lines = np.stack([line.get_xydata() for line in axes[1, 0].lines])
    np.testing.assert_array_equal(lines, np.stack([TEST[8:12], TEST[8:12] + 0.5], 1))
    assert axes[1, 1].get_xlabel() == "east" and axes[0, 0].get_ylabel().endswith("north")


def test_paths_straight_lines_ends_and_jumps_are_drawn(rng):
    graph, straight, ends = rng.normal(size=(4, 9, 2)), rng.normal(size=(4, 9, 2)), rng.normal(size=(4, 2, 2))
    (ax,) = scatter.paths([Strips("vhp_rewo", graph, straight, [[], [3], [], []], [[]] * 4, ends)], SEEN, TEST).axes
    drawn = {line.get_linestyle(): [] for line in ax.lines}
    for line in ax.lines:
        drawn[line.get_linestyle()].append(line)
    np.testing.assert_array_equal([line.get_xydata() for line in drawn["--"]], straight[: scatter.N_PATHS])
    np.testing.assert_array_equal([line.get_xydata() for line in drawn["None"]], ends[: scatter.N_PATHS])
    [jump] = [line for line in ax.lines if line.get_color() == BOX_COLOUR]
    np.testing.assert_array_equal(jump.get_xydata(), graph[1, 3:5])


@pytest.mark.parametrize("n", [40, 3000])
def test_splits_are_shown_in_full_or_in_part(n):
    arrays = {split: np.resize(TEST, (n, 2)) for split in ("train", "val", "test")}
    axes = scatter.splits(arrays, ("east", "north")).axes
    assert [ax.get_title() for ax in axes] == ["train", "val", "test"]
    assert {len(ax.collections[0].get_offsets()) for ax in axes} == {min(n, scatter.N_POINTS)}
