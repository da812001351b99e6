"""The figures of human motion, through the artists that they hold; on made-up trials and a body of random bones."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from PIL import Image

from tests.acclaim import made_up
from vhp.datasets.motion import JOINTS, MOVEMENTS
from vhp.datasets.motion.drawing import project
from vhp.datasets.motion.posture import joints
from vhp.datasets.motion.prepare import preprocess
from vhp.figures.colours import METHOD_COLOURS, PATH_COLOURS
from vhp.figures.interpolation_strips import BOX_COLOUR, Strips
from vhp.figures.joint_smoothness import JointSmoothness, joint_smoothness, plain
from vhp.figures.latent_graph import GraphPanel, latent_graph
from vhp.figures.motion.animation import animation
from vhp.figures.motion.interpolation_strips import APART, N_FIGURES, SPACING, interpolation_strips
from vhp.figures.style import save_animation

N_FRAMES = 30
ENDS = np.array([[0, 40], [3, 80], [5, 90], [7, 60]])


@pytest.fixture(scope="module")
def arrays():
    return preprocess(made_up())


@pytest.fixture
def strips(arrays):
    """Two methods; the first jumps between the frames 12 and 13 of its second path, the other has no third path."""
    steps = np.linspace(0, 1, N_FRAMES)[:, None]
    start, goal = (arrays["test"][ENDS[:, end]][:, None] for end in (0, 1))
    frames = start + steps * (goal - start)
    none = [[]] * 4
    missing = frames.copy()
    missing[2] = np.nan
    return [
        Strips("vhp_rewo", frames, frames, [[], [12], [], []], none, arrays["test"][ENDS]),
        Strips("iwae_l1", missing, frames, none, none, arrays["test"][ENDS]),
    ]


def lines_of(ax) -> np.ndarray:
    """The bones on the axes, (bones, 2, 2)."""
    return np.concatenate([c.get_segments() for c in ax.collections if isinstance(c, LineCollection)])


def test_each_movement_is_a_block_and_each_method_a_row(arrays, strips):
    figure = interpolation_strips(strips, arrays, ENDS)
    blocks = figure.subfigs
    assert len(blocks) == 4
    for block, ends, colour in zip(blocks, ENDS, PATH_COLOURS, strict=True):
        start, goal = arrays["test_movement"][ends]
        assert block.get_suptitle() == f"{MOVEMENTS[start]} → {MOVEMENTS[goal]}"
        assert [ax.get_title(loc="left") for ax in block.axes] == ["VHP + REWO", "IWAE (L=1)"]
        assert {ax.lines[0].get_color() for ax in block.axes} == {colour}


def test_the_first_and_the_last_figure_are_the_first_and_the_last_frame(arrays, strips):
    ax = interpolation_strips(strips, arrays, ENDS).subfigs[0].axes[0]
    drawn = lines_of(ax).reshape(-1, 2)
    frames, (start, goal) = strips[0].graph[0], arrays["test"][ENDS[0]]
    places = {0: frames[0], SPACING * (N_FIGURES - 1): frames[-1]}
    places |= {-APART: start, SPACING * (N_FIGURES - 1) + APART: goal}  # the examples themselves, apart
    for place, posture in places.items():
        expected = project(joints(posture, arrays)) + np.array([place, 0])
        for point in expected:
            assert np.abs(drawn - point).max(1).min() < 1e-9


def test_a_box_encloses_the_planted_jump_and_nothing_else_has_one(arrays, strips):
    figure = interpolation_strips(strips, arrays, ENDS)
    boxes = [
        [p for p in ax.patches if p.get_edgecolor() == to_rgba(BOX_COLOUR)] for b in figure.subfigs for ax in b.axes
    ]
    assert [len(found) for found in boxes] == [0, 0, 1, 0, 0, 0, 0, 0]
    [box] = boxes[2]
    drawn = np.rint(np.linspace(0, N_FRAMES - 1, N_FIGURES))
    left = box.get_x() / SPACING
    assert drawn[int(np.ceil(left))] <= 12 < 13 <= drawn[int(np.floor(left + box.get_width() / SPACING))]


def test_a_pair_without_a_path_says_so(arrays, strips):
    figure = interpolation_strips(strips, arrays, ENDS)
    texts = [[text.get_text() for text in ax.texts] for block in figure.subfigs for ax in block.axes]
    assert texts == [[], [], [], [], [], ["no path"], [], []]


def test_the_animation_shows_every_frame_and_marks_the_jump(arrays, strips, tmp_path):
    jumping = replace(strips[0], jumps=[[4], [], [], []])
    moving = animation([jumping, strips[1]], arrays, ENDS)
    figure = moving._fig
    for t in (3, 4, 5, 6):
        moving._func(t)
        marked = [ax.spines["top"].get_edgecolor() == to_rgba(BOX_COLOUR) for ax in figure.axes]
        assert marked == [t == 5, False]
        drawn = lines_of(figure.axes[0]).reshape(-1, 2)
        for point in project(joints(jumping.graph[0, t], arrays)):
            assert np.abs(drawn - point).max(1).min() < 1e-9
    save_animation(moving, tmp_path / "a.gif")
    save_animation(animation([jumping, strips[1]], arrays, ENDS), tmp_path / "b.gif")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == N_FRAMES
        assert image.info["loop"] == 0


def test_paths_in_the_latent_graph_have_the_colours_of_the_strips():
    rng = np.random.default_rng(0)
    nodes, edges = rng.normal(size=(30, 5)), rng.integers(0, 30, (50, 2))
    graph = GraphPanel("vhp_rewo", nodes, edges, np.ones(50), rng.normal(size=(6, 9, 5)))
    ax = latent_graph([graph], PATH_COLOURS).axes[0]
    assert [line.get_color() for line in ax.lines[::2]] == list(PATH_COLOURS)


def test_bars_are_the_means_of_each_joint_and_method():
    names = list(JOINTS)
    rng = np.random.default_rng(0)
    runs = [
        JointSmoothness(method, names, *rng.uniform(0.1, 1, (3, len(names)))) for method in ("vhp_rewo", "vampprior")
    ]
    figure = joint_smoothness(runs)
    shown = [label.get_text() for ax in figure.axes for label in ax.get_xticklabels()]
    assert shown == list(map(plain, names)) and {"left\nhip", "right\nelbow", "root"} <= set(shown)
    for i, run in enumerate(runs):
        marks = [ax.containers[i].lines[0] for ax in figure.axes]
        assert np.concatenate([mark.get_ydata() for mark in marks]).tolist() == run.mean.tolist()
        assert {mark.get_color() for mark in marks} == {METHOD_COLOURS[run.method]}
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["VHP + REWO", "VampPrior", "straight line"]
    # No error bar reaches down to 0, for which the logarithmic axis has no place.
    assert {ax.get_yscale() for ax in figure.axes} == {"log"}
    ends = [bar.get_segments() for ax in figure.axes for c in ax.containers for bar in c.lines[2]]
    assert min(segment[:, 1].min() for segments in ends for segment in segments) > 0
