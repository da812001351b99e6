"""The moving picture of image data, through the artists that it holds and the file that it becomes."""

import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.colors import to_rgba
from PIL import Image

from vhp.figures.animation import SHADES, animation
from vhp.figures.interpolation_strips import BOX_COLOUR, N_FRAMES, Strips, shown_frames
from vhp.figures.style import MAX_BYTES, save_animation

T = 60
SHOWN = shown_frames(T, N_FRAMES).tolist()
ORDER = [*SHOWN, *SHOWN[-2::-1]]


def as_images(x: np.ndarray) -> np.ndarray:
    side = int(np.sqrt(x.shape[-1]))
    return x.reshape(*x.shape[:-1], side, side)


def strips(methods: list[str], side: int, jumps: list[int]) -> list[Strips]:
    """A bright disc on a cloudy ground goes from left to right; the last method has no path."""
    y, x = np.mgrid[:side, :side] / side
    places = np.linspace(0.2, 0.8, T)[:, None, None]
    disc = 1 / (1 + np.exp(20 * (np.hypot(x - places, y - 0.5) - 0.25)))
    frames = (0.8 * disc + 0.2 * np.sin(9 * x + 5 * places) ** 2).reshape(1, T, -1)
    none = np.full_like(frames, np.nan)
    return [
        Strips(method, none if method == methods[-1] else frames, frames, [jumps], [[]], np.zeros((1, 2, side**2)))
        for method in methods
    ]


def drawn(shown: list[Strips]) -> FuncAnimation:
    moving = animation(shown, as_images, (0, 1))
    moving._draw_was_started = True  # matplotlib warns of an animation that was never saved
    return moving


def test_the_frames_of_the_strips_go_forth_and_back():
    shown = strips(["vhp_rewo", "iwae_l1"], 8, [])
    moving = drawn(shown)
    left, right = moving._fig.axes
    for i, t in enumerate(ORDER):
        moving._func(i)
        [image] = left.images
        few = np.rint(shown[0].graph[0, t].reshape(8, 8) * (SHADES - 1))
        np.testing.assert_allclose(image.get_array() * (SHADES - 1), few)
        assert not right.images and [text.get_text() for text in right.texts] == ["no path"]
    assert (ORDER[0], ORDER[N_FRAMES - 1], ORDER[-1], len(ORDER)) == (0, T - 1, 0, 2 * N_FRAMES - 1)
    assert [ax.get_title() for ax in (left, right)] == ["VHP + REWO", "IWAE (L=1)"]


def test_a_panel_holds_the_whole_picture_its_first_row_on_top():
    panel = drawn(strips(["vhp_rewo", "iwae_l1"], 8, []))._fig.axes[0]
    [image] = panel.images
    assert (image.origin, image.get_extent()) == ("upper", [-0.5, 7.5, 7.5, -0.5])
    assert (panel.get_xlim(), panel.get_ylim(), panel.get_aspect()) == ((-0.5, 7.5), (7.5, -0.5), 1)


@pytest.mark.parametrize("place", range(N_FRAMES - 1))
def test_a_discontinuity_is_marked_after_the_step_that_holds_it_on_both_ways(place):
    first, second = SHOWN[place : place + 2]
    for jump in {first, second - 1}:
        moving = drawn(strips(["vhp_rewo", "iwae_l1"], 4, [jump]))
        marked = []
        for i in range(len(ORDER)):
            moving._func(i)
            if moving._fig.axes[0].spines["top"].get_edgecolor() == to_rgba(BOX_COLOUR):
                marked.append(i)
        assert marked == [place + 1, len(ORDER) - 1 - place]


def test_the_file_is_small_and_has_the_same_bytes_each_time(tmp_path):
    methods = [
        "vhp_rewo",
        "vhp_geco",
        "vampprior",
        "iwae_l1",
        "iwae_l2",
        "none",
    ]  # the last is one more than the paper has
    for name in ("a.gif", "b.gif"):
        save_animation(animation(strips(methods, 64, [30]), as_images, (0, 1)), tmp_path / name)
    content = (tmp_path / "a.gif").read_bytes()
    assert content == (tmp_path / "b.gif").read_bytes() and len(content) <= MAX_BYTES
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == len(ORDER) and image.info["loop"] == 0
