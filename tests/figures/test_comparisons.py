"""The figures of all data sets, through the artists that they hold; and that marks can be seen."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from vhp.figures.colours import METHOD_COLOURS, PATH_COLOURS, SPARE_COLOURS
from vhp.figures.likelihood.effective_samples import effective_samples
from vhp.figures.likelihood.nll_minutes import nll_minutes
from vhp.figures.style import save_vector

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


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", [*METHOD_COLOURS.values(), *PATH_COLOURS, *SPARE_COLOURS])
def test_lines_and_marks_have_a_contrast_of_three_to_one_with_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3


def test_vector_graphics_have_the_same_bytes_each_time(tmp_path):
    for name in "ab":
        save_vector(effective_samples(RUNS), tmp_path / name)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes() and b"<svg" in content and b"Matplotlib" not in content
