"""The distribution of effective samples and k-hat over the test examples."""

import numpy as np

from vhp.figures.likelihood.trust import Weights, trust

ESS, K = np.array([1.0, 100.0, 10.0, 3.0]), np.array([0.9, -np.inf, 0.1, np.inf])


def test_each_curve_is_the_share_of_examples_up_to_a_value():
    both = Weights("vhp_rewo", {"encoder": ESS, "refined": 2 * ESS}, {"encoder": K, "refined": K / 2})
    only = Weights("iwae_l1", {"encoder": ESS}, {"encoder": K})
    figure = trust([both, only])
    samples, shapes = (
        [line for line in ax.lines if len(line.get_xdata()) > 1 and line.get_linestyle() != ":"] for ax in figure.axes
    )
    assert [line.get_linestyle() for line in samples] == [line.get_linestyle() for line in shapes] == ["-", "--", "-"]
    np.testing.assert_array_equal(samples[0].get_xydata(), [[1, 0.25], [3, 0.5], [10, 0.75], [100, 1]])
    # Equal weights have no tail and count from the left; an infinite k-hat is never reached.
    np.testing.assert_array_equal(shapes[0].get_xydata(), [[0.1, 0.5], [0.9, 0.75]])
    places = [
        [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":" and len(set(line.get_xdata())) == 1]
        for ax in figure.axes
    ]
    assert places == [[10], [0.5, 0.7]]  # fewer than ten effective samples; k-hat: Vehtari et al. 2024
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["VHP + REWO", "IWAE (L=1)", "refined"]
    assert [text.get_text() for text in trust([only]).legends[0].get_texts()] == ["IWAE (L=1)"]
