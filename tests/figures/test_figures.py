"""The figures, through the artists that they hold."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import reference
import torch
from matplotlib.collections import LineCollection
from PIL import Image

from stages.beta_update import NU, TAU, beta_change
from vhp import figures, methods
from vhp.figures import style
from vhp.figures.beta_update import beta_update
from vhp.figures.colours import METHOD_COLOURS, OTHER_COLOURS, UNKNOWN, method_colours, method_looks
from vhp.figures.interpolation_strips import N_FRAMES, Strips, interpolation_strips, margin
from vhp.figures.latent_graph import N_PATHS, GraphPanel, latent_graph, principal_plane
from vhp.figures.latent_space import LatentSpace, latent_space
from vhp.figures.latent_steps import LatentSteps, latent_steps
from vhp.figures.likelihood.nll_curve import nll_curve
from vhp.figures.mosaic import mosaic, stride
from vhp.figures.samples import Samples, samples
from vhp.figures.study import PANELS, study
from vhp.figures.style import save
from vhp.figures.training_curves import Curve, training_curves
from vhp.latent.smoothness import discontinuities
from vhp.objective.schedules import Geco, Rewo

SHAPE = (6, 4)
LIMITS = (0.0, 1.0)


def draw(x: np.ndarray) -> np.ndarray:
    return x.reshape(*x.shape[:-1], *SHAPE)


def strips(n_frames: int, jumps: list[list[int]]) -> Strips:
    frames = np.random.default_rng(0).random((len(jumps), n_frames, 24))
    return Strips("vhp_rewo", frames, frames, jumps, [[] for _ in jumps], 1 - frames[:, [0, -1]])


def boxes(strip: Strips) -> list[tuple[int, float]]:
    """(column of the first frame, top edge) of every box."""
    (ax,) = interpolation_strips([strip], draw, LIMITS).axes
    assert all(box.get_width() == 2 * SHAPE[1] + stride(SHAPE[1]) - SHAPE[1] for box in ax.patches)
    columns = [(box.get_x() + 0.5 - margin(SHAPE[1])) / stride(SHAPE[1]) for box in ax.patches]
    return [(round(column), box.get_y() + 0.5) for column, box in zip(columns, ax.patches, strict=True)]


def test_mosaic_puts_images_where_it_says():
    images = np.random.default_rng(0).random((2, 2, 3, *SHAPE))
    canvas, tops = mosaic(images, LIMITS)
    for g, r, c in np.ndindex(2, 2, 3):
        left = c * stride(SHAPE[1])
        found = canvas[tops[g, r] : tops[g, r] + SHAPE[0], left : left + SHAPE[1]]
        np.testing.assert_array_equal(found, images[g, r, c])
    assert tops[1, 0] - tops[0, 1] > tops[0, 1] - tops[0, 0]  # groups are further apart than rows
    assert canvas.shape == (tops[1, 1] + SHAPE[0], 3 * SHAPE[1] + 2 * (stride(SHAPE[1]) - SHAPE[1]))


def test_mosaic_clips_to_the_limits():
    canvas, _ = mosaic(np.array([-3.0, 0.0, 1.0, 9.0]).reshape(1, 1, 1, 2, 2), (-1.0, 1.0))
    np.testing.assert_array_equal(canvas, [[0, 0.5], [1, 1]])


def test_boxes_are_drawn_at_the_planted_jumps():
    strip = strips(10, [[3], [0, 8]])
    _, tops = mosaic(np.zeros((2, 2, 10, *SHAPE)), LIMITS)
    assert boxes(strip) == [(3, tops[0, 0]), (0, tops[1, 0]), (8, tops[1, 0])]
    assert boxes(strips(10, [[], []])) == []


@pytest.mark.parametrize("t", [0, 17, 40, 98])
def test_a_box_of_a_long_path_encloses_the_jump(t):
    """Of 100 frames some are drawn: the box is around the neighbours before and after the jump."""
    drawn = np.rint(np.linspace(0, 99, N_FRAMES)).astype(int)
    ((column, _),) = boxes(strips(100, [[t]]))
    assert drawn[column] <= t and t + 1 <= drawn[column + 1]


def test_the_colour_of_a_box_survives_in_a_file_of_few_colours(tmp_path, monkeypatch):
    """Few pixels of a strip are blue."""
    monkeypatch.setattr(style, "MAX_BYTES", 0)
    save(interpolation_strips([strips(10, [[3]])], draw, LIMITS), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "P"
        distance = np.abs(np.asarray(image.convert("RGB"), int) - [0x2F, 0x7F, 0xFF]).max(-1)
    assert (distance < 16).sum() > 200


@pytest.mark.parametrize(("scale", "expected"), [(1, "nearest"), (20, "auto")])
def test_pixels_are_squares_where_enlarged_and_averaged_where_made_smaller(scale, expected):
    def enlarged(x):
        return np.kron(draw(x), np.ones((scale, scale)))

    (ax,) = interpolation_strips([strips(10, [[], []])], enlarged, LIMITS).axes
    assert [image.get_interpolation() for image in ax.images] == [expected]


def test_jumps_in_one_interval_share_a_box():
    assert len(boxes(strips(100, [[1, 2, 3]]))) == 1


def test_the_straight_line_has_its_boxes_in_its_own_strip():
    strip = replace(strips(10, [[3], []]), straight_jumps=[[], [5]])
    _, tops = mosaic(np.zeros((2, 2, 10, *SHAPE)), LIMITS)
    assert boxes(strip) == [(3, tops[0, 0]), (5, tops[1, 1])]


def test_a_smooth_path_has_no_box_and_a_planted_jump_has_one_where_it_is():
    """From frames to boxes, with the measure in between."""
    frames = np.linspace(0, 1, 10)[None, :, None] * np.ones((2, 10, 24))
    frames[1, 5:] += 3
    jumps = [np.flatnonzero(discontinuities(path)).tolist() for path in frames]
    _, tops = mosaic(np.zeros((2, 2, 10, *SHAPE)), LIMITS)
    assert boxes(Strips("vhp_rewo", frames, frames, jumps, [[], []], frames[:, [0, -1]])) == [(4, tops[1, 0])]


def test_a_pair_without_a_path_says_so_and_has_a_straight_line():
    strip = strips(10, [[], []])
    graph = strip.graph.copy()
    graph[1] = np.nan
    (ax,) = interpolation_strips([replace(strip, graph=graph)], draw, LIMITS).axes
    _, tops = mosaic(np.zeros((2, 2, 10, *SHAPE)), LIMITS)
    assert [(text.get_text(), text.get_position()[1]) for text in ax.texts] == [("no path", tops[1, 0] + SHAPE[0] / 2)]
    canvas = ax.images[0].get_array()
    top, left = tops[1, 1], margin(SHAPE[1])
    np.testing.assert_array_equal(canvas[top : top + SHAPE[0], left : left + SHAPE[1]], draw(strip.straight[1, 0]))


def test_the_test_examples_are_apart_on_both_sides_of_their_pair_of_strips():
    strip = strips(10, [[], []])
    canvas = interpolation_strips([strip], draw, LIMITS).axes[0].images[0].get_array()
    _, tops = mosaic(np.zeros((2, 2, 10, *SHAPE)), LIMITS)
    height, width = SHAPE
    for (start, goal), (first, second) in zip(draw(strip.ends), tops, strict=True):
        top = (first + second) // 2
        np.testing.assert_array_equal(canvas[top : top + height, :width], start)
        np.testing.assert_array_equal(canvas[top : top + height, -width:], goal)
    assert (canvas[:, width : margin(width)] == 1).all() and margin(width) > stride(width)


def curve(method: str, kappa: float | None, main_phase_step: int | None) -> Curve:
    step = np.arange(1, 21) * 50
    columns = dict.fromkeys(("constraint", "reconstruction", "kl", "validation_bound"), 1 + 1 / step)
    return Curve(method, pd.DataFrame({"step": step, "beta": 0.5, **columns}), kappa, main_phase_step)


def test_curves_mark_the_change_of_phase_and_kappa_squared():
    figure = training_curves([curve("vhp_rewo", 0.3, 400), curve("vhp_geco", 0.3, 1), curve("iwae_l1", None, 1)])
    beta, constraint, *_ = figure.axes
    vertical = [line.get_xdata() for line in beta.lines if line.get_linestyle() == ":"]
    assert vertical == [[400, 400]]
    assert beta.get_yscale() == "log"
    levels = [line.get_ydata()[0] for line in constraint.lines if line.get_linestyle() == "--"]
    assert levels == pytest.approx([0.09, 0.09])


def test_a_single_outlier_does_not_dwarf_the_curves():
    spoilt = curve("iwae_l2", None, 1)
    spoilt.history.loc[12, "kl"] = 1e19
    low, high = training_curves([spoilt, curve("vhp_rewo", 0.3, 400)]).axes[3].get_ylim()
    assert low < 1.001 and 1.003 < high < 1.01


def test_outliers_are_ticks_at_the_edge_and_their_curve_goes_on_without_them():
    """What is outside in the first quarter, from which a training comes, stays part of the line."""
    spoilt = curve("iwae_l2", None, 1)
    spoilt.history.loc[[3, 12, 15], "kl"] = 1e19
    spoilt.history.loc[9, "kl"] = -1e19
    kl = training_curves([spoilt, curve("vhp_rewo", 0.3, 400)]).axes[3]
    step = spoilt.history["step"].to_numpy()
    np.testing.assert_array_equal(kl.lines[0].get_xdata(), np.delete(step, [9, 12, 15]))
    few = [line for line in kl.lines if len(line.get_xdata()) < 4]
    ticks = [(list(line.get_xdata()), set(line.get_ydata()), line.get_color()) for line in few]
    colour = kl.lines[0].get_color()
    assert (list(step[[12, 15]]), {1.0}, colour) in ticks
    assert (list(step[[9]]), {0.0}, colour) in ticks


def test_where_a_curve_leaves_an_axis_an_arrow_says_how_far_it_goes():
    spoilt = curve("iwae_l2", None, 1)
    spoilt.history.loc[12, "kl"] = 1e19
    spoilt.history.loc[0, "validation_bound"] = -500.0
    panels = training_curves([spoilt, curve("vhp_rewo", 0.3, 400)]).axes
    texts = [[text.get_text() for text in ax.texts] for ax in panels[3:5]]
    assert texts == [["↑ 1e+19 (IWAE (L=2))"], ["↑ 1.02 (VHP + REWO)", "↓ -500 (IWAE (L=2))"]]
    assert not panels[0].texts  # beta's axis has all of it


def test_a_stray_sample_leaves_the_graph_its_panel():
    rng = np.random.default_rng(0)
    nodes = rng.normal(size=(50, 3))
    edges = np.stack([np.arange(49), np.arange(1, 50)], 1)

    def drawn(nodes):
        lengths = np.linalg.norm(nodes[edges[:, 0]] - nodes[edges[:, 1]], axis=1)
        ax, bar = latent_graph([GraphPanel("vampprior", nodes, edges, lengths, nodes[None, :5])]).axes
        return ax, bar

    whole, _ = drawn(nodes)
    spoilt, bar = drawn(np.concatenate([nodes[:49], [[500.0, 0.0, 0.0]]]))
    assert not whole.texts
    assert [text.get_text() for text in spoilt.texts] == ["1 of 50 samples far outside"]
    assert np.abs([spoilt.get_xlim(), spoilt.get_ylim()]).max() < 10 and bar.get_ylim()[1] < 10


def test_further_seeds_are_thin():
    beta = training_curves([curve("vhp_geco", 0.3, 1), curve("vhp_geco", 0.3, 1)]).axes[0]
    first, second = (line.get_linewidth() for line in beta.lines)
    assert first > 2 * second


def test_latent_space_pairs_share_their_axes():
    rng = np.random.default_rng(0)
    spaces = [
        LatentSpace(m, rng.normal(size=(20, 2)), 3 * rng.normal(size=(30, 2)), angle)
        for m, angle in (("vhp_rewo", rng.uniform(-4, 4, 20)), ("iwae_l1", rng.uniform(-4, 4, 20)))
    ]
    axes = np.array(latent_space(spaces).axes[:4]).reshape(2, 2)
    for top, bottom in axes.T:
        assert top.get_xlim() == bottom.get_xlim() and top.get_ylim() == bottom.get_ylim()
    colours = axes[0, 0].collections[0].get_array()
    np.testing.assert_allclose(np.exp(1j * colours), np.exp(1j * spaces[0].angle))


def test_latent_space_refuses_other_dimensions():
    with pytest.raises(ValueError, match="d_z = 3"):
        latent_space([LatentSpace("vhp_rewo", np.zeros((2, 3)), np.zeros((2, 3)), None)])


def steps(method: str, angle: np.ndarray | None) -> LatentSteps:
    rng = np.random.default_rng(0)
    mean, std = rng.normal(size=(3, 20, 2)), rng.uniform(0.1, 1, (3, 20, 2))
    return LatentSteps(method, np.array([10, 200, 3000]), mean, std, 2 * rng.normal(size=(3, 30, 2)), angle)


def test_latent_steps_shade_the_posterior_by_the_variance_of_its_standard_deviation():
    runs = [steps(m, None) for m in ("vhp_rewo", "vhp_geco")]
    axes = np.array(latent_steps(runs).axes[:12]).reshape(4, 3)
    for run, block in zip(runs, np.split(axes, 2), strict=True):
        for t, (top, bottom) in enumerate(block.T):
            np.testing.assert_allclose(top.collections[0].get_array(), run.posterior_std[t].var(-1))
            np.testing.assert_array_equal(top.collections[0].get_offsets(), run.posterior_mean[t])
            np.testing.assert_array_equal(bottom.collections[0].get_offsets(), run.prior[t])
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in block.flat}) == 1
        assert [ax.get_xlabel() for ax in block[1]] == ["$z_1$"] * 3 and block[0, 0].get_ylabel().endswith("$z_2$")
    assert [ax.get_title() for ax in axes[2]] == ["step 10", "step 200", "step 3,000"]
    scales = {(ax.collections[0].norm.vmin, ax.collections[0].norm.vmax) for ax in axes[::2].flat}
    assert len(scales) == 1  # the bar holds for all panels


def test_latent_steps_show_every_posterior_and_not_the_priors_outermost_samples():
    run = steps("vhp_rewo", None)
    run.prior[1, 0] = 1e4
    ax = latent_steps([run]).axes[0]
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    assert (run.posterior_mean > low).all() and (run.posterior_mean < high).all() and (high < 20).all()
    figure = latent_steps([run])
    for t, ax in enumerate(figure.axes[3:6]):
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        n = sum((point < low).any() or (point > high).any() for point in run.prior[t])
        assert [text.get_text() for text in ax.texts] == ([f"{n} of {len(run.prior[t]):,} outside"] if n else [])
    assert any(ax.texts for ax in figure.axes)


def test_latent_steps_colour_the_posterior_by_the_true_angle():
    angle = np.random.default_rng(0).uniform(-4, 4, 20)
    figure = latent_steps([steps("vhp_rewo", angle)])
    np.testing.assert_allclose(np.exp(1j * figure.axes[0].collections[0].get_array()), np.exp(1j * angle))


def test_beta_update_marks_where_beta_rests_and_shares_one_scale():
    """A step of the stage's own making: REWO rests on C = kappa^2, and for C < kappa^2 at beta = 1."""
    beta, delta = torch.linspace(0.5, 1.5, 5).double(), torch.linspace(-0.5, 0.5, 5).double()
    grid = torch.meshgrid(delta, beta, indexing="ij")
    change = beta_change(Rewo(1.0, 1.0, 3.0, beta_0=1.0), grid[1], grid[0]).numpy()
    figure = beta_update(beta.numpy(), delta.numpy(), {"vhp_rewo": change, "vhp_geco": 0 * change + 0.1})
    rewo, geco, _ = figure.axes
    rests = set(zip(*(values.tolist() for values in rewo.lines[0].get_data()), strict=True))
    assert rests == {(0.0, b) for b in beta.tolist()} | {(d, 1.0) for d in delta.tolist() if d < 0}
    assert geco.lines[0].get_xdata().size == 0
    assert rewo.collections[0].norm.vmin == geco.collections[0].norm.vmin == -rewo.collections[0].norm.vmax


def test_the_steps_drawn_are_those_of_the_formulas():
    """Delta beta of the schedules' own code against plain floats, where REWO's formula does not pass 1."""
    rewo, geco = Rewo(1.0, NU, TAU, beta_0=1.0), Geco(1.0, NU)
    for beta in (0.2, 1.0, 1.7):
        for delta in (-0.2, 0.0, 0.3):
            of = [beta_change(s, *torch.tensor([[beta], [delta]]).double()).item() for s in (rewo, geco)]
            exponents = NU * reference.f_beta(beta, delta, TAU) * delta, -NU * delta
            assert of == pytest.approx([beta * math.expm1(e) for e in exponents], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("d_z", "label"), [(2, "$z_1$"), (5, "principal component 1")])
def test_latent_graph_draws_every_edge_and_the_first_paths(d_z, label):
    rng = np.random.default_rng(0)
    nodes, edges = rng.normal(size=(30, d_z)), rng.integers(0, 30, (50, 2))
    lengths = np.linalg.norm(nodes[edges[:, 0]] - nodes[edges[:, 1]], axis=1)
    figure = latent_graph([GraphPanel("vhp_rewo", nodes, edges, lengths, rng.normal(size=(6, 9, d_z)))])
    ax = figure.axes[0]
    (lines,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert len(lines.get_segments()) == 50
    np.testing.assert_array_equal(lines.get_array(), np.sort(lengths))
    assert len(ax.lines) == 2 * N_PATHS  # a curve and its end points
    assert ax.get_xlabel().startswith(label)


def test_principal_plane_of_a_flat_cloud():
    rng = np.random.default_rng(0)
    axes, _ = np.linalg.qr(rng.normal(size=(5, 2)))
    cloud = 7 + rng.normal(size=(200, 2)) * [3, 1] @ axes.T
    mean, basis, share = principal_plane(cloud)
    np.testing.assert_allclose(mean + (cloud - mean) @ basis @ basis.T, cloud, atol=1e-9)
    assert share.sum() == pytest.approx(1) and share[0] > share[1]
    assert (basis[np.abs(basis).argmax(0), [0, 1]] > 0).all()


def test_samples_are_above_and_each_test_example_is_above_its_reconstruction():
    def plain(first):
        """16 images of one grey each, none of them white as the canvas is."""
        return np.repeat((first + np.arange(16)[:, None]) / 100, 24, axis=1)

    drawn = {"vhp_rewo": (0, 20, 40), "iwae_l1": (16, 36, 56)}
    figure = samples([Samples(m, *map(plain, firsts)) for m, firsts in drawn.items()], draw, LIMITS)
    for column, (sampled, original, reconstruction) in enumerate(drawn.values()):
        above, below = (figure.axes[column + 2 * row].images[0].get_array() for row in (0, 1))
        assert greys_down_the_first_column(above) == [sampled, sampled + 8]
        pairs = [original, reconstruction, original + 8, reconstruction + 8]
        assert greys_down_the_first_column(below) == pairs


def greys_down_the_first_column(canvas):
    greys = [round(100 * value) for value in canvas[:, 1] if value < 1]
    return [grey for i, grey in enumerate(greys) if i == 0 or grey != greys[i - 1]]


def test_the_nll_curve_shows_nll_and_negative_bound_over_the_minutes():
    columns = ("epoch", "minutes", "nll", "nll_se", "validation_bound")
    found = pd.DataFrame([(2, 1.5, 90.0, 0.5, -95.0), (4, 3.0, 88.0, 0.25, -92.0)], columns=list(columns))
    ax = nll_curve(found, "digits", "vhp_rewo").axes[0]
    [estimated] = ax.containers
    [bound] = [line for line in ax.lines if "bound" in line.get_label()]
    np.testing.assert_array_equal(estimated.lines[0].get_xydata(), [[1.5, 90], [3, 88]])
    np.testing.assert_array_equal(bound.get_xydata(), [[1.5, 95], [3, 92]])
    [bars] = estimated.lines[2]
    np.testing.assert_allclose([np.ptp(segment[:, 1]) / 2 for segment in bars.get_segments()], [0.5, 0.25])


def test_a_studys_words_have_one_place_whichever_a_method_has():
    rows = [("vhp_rewo", "mlp", 1.0), ("vhp_rewo", "conv", 2.0), ("vhp_geco", "conv", 3.0)]
    results = pd.DataFrame(rows, columns=["method", "value", "nll"]).assign(
        dataset="digits", param="network", kappa=0.5
    )
    figure = study(results.assign(**{column: results["nll"] for column in PANELS}))
    rewo, geco = (container.lines[0] for container in figure.axes[0].containers)
    assert rewo.get_xdata().tolist() == [0, 1] and geco.get_xdata().tolist() == [1]
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["mlp", "conv"]


def test_sparse_images_are_shown_although_most_values_are_one():
    images = np.zeros((1, 1, 2, 4, 4))
    images[0, 0, 1, 2, 2] = 1
    canvas, _ = mosaic(images, (0.0, 0.0))
    assert np.isfinite(canvas).all() and canvas[0, 0] == 0 and canvas[2, stride(4) + 2] == 1


def test_methods_keep_their_colours():
    known = METHOD_COLOURS | OTHER_COLOURS
    assert method_colours(known) == known and len(set(method_looks(known).values())) == len(known)
    assert {method: method_colours([method])[method] for method in known} == known
    other = method_looks(["flow", "vhp_rewo", "gmm", "vhp_elbo"])
    assert other["vhp_rewo"] == method_looks(["vhp_rewo"])["vhp_rewo"]
    assert len({colour for colour, _ in other.values()}) == len({marker for _, marker in other.values()}) == 4
    assert method_looks([*known, "flow"])["flow"] == UNKNOWN


@pytest.mark.parametrize("dataset", ["samples", "style", "likelihood", "points"])
def test_a_data_set_named_like_a_module_or_like_nothing_has_no_figures_of_its_own(dataset):
    assert figures.own("animation", dataset) is None
    assert figures.own("contact_sheet", "motion").CAPTION


def test_the_methods_of_the_package_have_colours_of_their_own():
    assert set(methods.names()) == set(METHOD_COLOURS | OTHER_COLOURS)


def test_a_figure_is_saved_without_traces_of_the_program(tmp_path):
    for name in ("a.png", "b.png"):
        save(training_curves([curve("vhp_rewo", 0.3, 400)]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 1000 and "Software" not in image.info


@pytest.mark.parametrize("shape", [(9, 1), (1, 4)])
def test_a_line_or_a_single_node_has_no_principal_plane(shape):
    with pytest.raises(ValueError, match=r"nodes: found the shape \(\d, \d\), expected \(N, d\), both at least 2"):
        principal_plane(np.zeros(shape))
