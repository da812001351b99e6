"""The figures of all data sets, through the artists that they hold; and that marks can be seen."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from vhp.figures.colours import METHOD_COLOURS, OTHER_COLOURS, PATH_COLOURS, UNKNOWN
from vhp.figures.likelihood.effective_samples import effective_samples
from vhp.figures.likelihood.nll_minutes import nll_minutes
from vhp.figures.likelihood.nll_samples import APART, Curve, nll_samples
from vhp.figures.likelihood.nll_seeds import nll_seeds
from vhp.figures.likelihood.panels import panels
from vhp.figures.style import save_vector
from vhp.names import METHODS

RUNS = pd.DataFrame(
    [
        ("digits", "vhp_rewo", 21.0, 0.2, 1.5, 70.0, 0.2),
        ("digits", "vhp_rewo", 21.5, 0.2, 1.6, 60.0, 0.3),
        ("faces", "vhp_rewo", -5400.0, np.nan, 3.0, 2.0, 1.0),
        ("digits", "iwae_l1", 22.0, 0.3, 2.0, 40.0, 0.5),
    ],
    columns=["dataset", "method", "nll", "nll_se", "minutes", "ess", "low"],
)


def test_every_run_is_a_mark_at_its_minutes_and_nll():
    digits, faces = nll_minutes(RUNS).axes
    rewo, iwae = digits.containers
    np.testing.assert_array_equal(rewo.lines[0].get_xydata(), [[1.5, 21.0], [1.6, 21.5]])
    np.testing.assert_array_equal(iwae.lines[0].get_xydata(), [[2.0, 22.0]])
    np.testing.assert_array_equal(faces.containers[0].lines[0].get_xydata(), [[3.0, -5400.0]])
    assert (digits.get_title(), faces.get_title(), digits.get_xlim()[0]) == ("digits", "faces", 0)


def test_every_run_has_its_effective_samples_in_the_row_of_its_data_set():
    mean, low = effective_samples(RUNS).axes
    [rewo] = [line for line in mean.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(rewo.get_xdata(), [70.0, 60.0, 2.0])
    assert np.rint(rewo.get_ydata()).tolist() == [0, 0, 1]
    [shares] = [line for line in low.lines if line.get_marker() == "^"]
    np.testing.assert_array_equal(shares.get_xdata(), [0.5])
    assert [text.get_text() for text in mean.get_yticklabels()] == ["digits", "faces"]


COUNTS = [1, 10, 100, 500]
CURVES = [
    Curve("digits", "vhp_rewo", COUNTS, [300.0, 24.0, 22.0, 21.5], 21.25),
    Curve("digits", "vhp_rewo", COUNTS, [310.0, 25.0, 22.5, 21.75], 20.5),
    Curve("digits", "iwae_l1", [1, 500], [26.0, 22.0], None),
    Curve("faces", "vhp_rewo", COUNTS, [-5000.0, -5300.0, -5390.0, -5400.0], None),
]


def test_every_run_is_a_line_of_its_estimates_and_a_hollow_mark_of_the_refined_one():
    digits, faces = nll_samples(CURVES).axes
    curves = [line for line in digits.lines if len(line.get_xdata()) > 1]
    assert [line.get_xydata().tolist() for line in curves] == [
        [list(point) for point in zip(curve.samples, curve.nll, strict=True)] for curve in CURVES[:3]
    ]
    hollow = [line for line in digits.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_xydata().tolist() for line in hollow] == [[[APART * 500, 21.25]], [[APART * 500, 20.5]]]
    assert {line.get_color() for line in hollow} == {METHOD_COLOURS["vhp_rewo"]}
    assert len(faces.lines) == 1 and digits.get_xscale() == faces.get_xscale() == "log"


def test_a_panel_has_room_for_all_but_single_samples():
    digits, faces = nll_samples(CURVES).axes
    low, high = digits.get_ylim()
    assert 20 < low < 20.5 and 25 < high < 26
    assert -5300 < faces.get_ylim()[1] < -5280
    [alone] = nll_samples([Curve("digits", "vhp_rewo", [1, 10], [30.0, 24.0], None)]).axes
    assert alone.get_ylim() == (23, 25)


def test_the_legend_has_each_method_once_and_what_is_hollow_if_anything_is():
    for curves, names in (
        (CURVES, ["VHP + REWO", "IWAE (L=1)", "refined"]),
        (CURVES[2:], ["VHP + REWO", "IWAE (L=1)"]),
    ):
        [legend] = nll_samples(curves).legends
        assert [text.get_text() for text in legend.get_texts()] == names


def test_the_legend_of_a_single_panel_is_no_wider_than_the_figure():
    figure = nll_samples([Curve("digits", method, [1, 10], [30.0, 24.0], 23.5) for method in METHODS])
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width


SEEDS = pd.DataFrame(
    [
        ("digits", "vhp_rewo", 1, 21.5, 0.02),
        ("digits", "vhp_rewo", 0, 21.0, 0.01),
        ("digits", "iwae_l1", 0, 22.0, 0.03),
        ("faces", "iwae_l1", 0, -5400.0, 0.1),
        ("faces", "iwae_l1", 7, -5410.0, 0.1),
        ("faces", "iwae_l1", 8, -5405.0, 0.1),
    ],
    columns=["dataset", "method", "seed", "nll", "nll_mc_se"],
)


def test_every_seed_is_a_mark_with_its_monte_carlo_error():
    digits, faces = nll_seeds(SEEDS).axes
    rewo, iwae = digits.containers
    assert rewo.lines[0].get_ydata().tolist() == [21.0, 21.5] and iwae.lines[0].get_ydata().tolist() == [22.0]
    bars = np.array(rewo.lines[2][0].get_segments())[..., 1]
    np.testing.assert_allclose(bars, [[20.99, 21.01], [21.48, 21.52]])
    assert np.rint(rewo.lines[0].get_xdata()).tolist() == [0, 0] and iwae.lines[0].get_xdata() == [1]
    assert [text.get_text() for text in digits.get_xticklabels()] == ["VHP + REWO", "IWAE (L=1)"]
    assert [text.get_text() for text in faces.get_xticklabels()] == ["IWAE (L=1)"]
    assert len(set(faces.containers[0].lines[0].get_xdata())) == 3


def test_a_line_at_the_mean_over_seeds_where_there_are_several():
    digits, faces = nll_seeds(SEEDS).axes
    for ax, mean in ((digits, 21.25), (faces, -5405.0)):
        [line] = [c for c in ax.collections if len(c.get_segments()) == 1 and np.ptp(c.get_segments()[0][:, 0]) > 0]
        assert line.get_segments()[0][:, 1].tolist() == [mean, mean]


def test_the_marks_and_the_mean_of_a_method_are_at_its_name_and_within_the_panel():
    of_faces = SEEDS[SEEDS["dataset"] == "faces"]
    [ax] = nll_seeds(pd.concat([of_faces, of_faces.assign(method="vhp_rewo")])).axes
    lines = [c.get_segments()[0] for c in ax.collections if np.ptp(c.get_segments()[0][:, 0]) > 0]
    marks = [container.lines[0] for container in ax.containers]
    assert [line[:, 0].mean() for line in lines] == pytest.approx([0, 1])
    assert [mark.get_xdata().mean() for mark in marks] == pytest.approx([0, 1])
    seen = np.concatenate([*lines, *(mark.get_xydata() for mark in marks)])
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    assert (seen > low).all() and (seen < high).all()


def test_panels_fill_rows_and_what_is_left_of_the_last_is_empty():
    figure, axes = panels(["digits", "faces", "digits", "pendulum"], "x", "y", columns=2)
    assert list(axes) == ["digits", "faces", "pendulum"]
    assert [ax.axison for ax in figure.axes] == [True, True, True, False]
    assert (axes["pendulum"].get_title(), figure.get_supxlabel(), figure.get_supylabel()) == ("pendulum", "x", "y")


def linear(colour: str) -> np.ndarray:
    """Of sRGB, (3,)."""
    return np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2."""
    return float(np.dot([0.2126, 0.7152, 0.0722], linear(colour)))


# Dichromats' linear sRGB from a normal eye's (Machado, Oliveira & Fernandes 2009, severity 1).
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]


def lab(colour: str, vision: str) -> np.ndarray:
    """CIELAB of the colour as this eye sees it."""
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("colours", [METHOD_COLOURS, OTHER_COLOURS | {"vhp_rewo": METHOD_COLOURS["vhp_rewo"]}])
@pytest.mark.parametrize("vision", VISIONS)
def test_methods_are_told_apart_with_any_colour_vision(colours, vision):
    for a, b in combinations(colours.values(), 2):
        assert np.linalg.norm(lab(a, vision) - lab(b, vision)) > 15, (a, b)  # 2.3 can just be seen side by side


@pytest.mark.parametrize("colour", [*METHOD_COLOURS.values(), *OTHER_COLOURS.values(), *PATH_COLOURS, UNKNOWN[0]])
def test_lines_and_marks_have_a_contrast_of_three_to_one_with_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3


def test_vector_graphics_have_the_same_bytes_each_time(tmp_path):
    for name in "ab":
        save_vector(effective_samples(RUNS), tmp_path / name)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes() and b"<svg" in content and b"Matplotlib" not in content
