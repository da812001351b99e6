"""Which results are in the figures of all data sets, through the artists that these hold."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from stages.reports.page.comparisons import compare
from vhp.figures.likelihood import nll_samples, nll_seeds
from vhp.figures.likelihood.nll_samples import APART


def run(dataset: str, method: str, seed: int, nll: float, **likelihood: Any) -> SimpleNamespace:
    values = {"nll": nll, "nll_se": 0.5, "nll_mc_se": 0.01, "ess": 12.5, "n_low_ess": 3, "n_test": 200} | likelihood
    return SimpleNamespace(
        dataset=dataset, method=method, seed=seed, likelihood=values, training_time={"seconds": 90.0}
    )


def drawn(monkeypatch, tmp_path, runs) -> dict[str, Any]:
    """The titles, as the page has them, with the figures of samples and of seeds."""
    figures = {}
    for module in (nll_samples, nll_seeds):
        name = module.__name__.rpartition(".")[2]
        draw = getattr(module, name)
        monkeypatch.setattr(module, name, lambda data, name=name, draw=draw: figures.setdefault(name, draw(data)))
    return {figure.title: figures.get(figure.path.stem) for figure in compare(runs, tmp_path)}


def test_one_seed_of_each_method_is_no_figure_of_seeds(monkeypatch, tmp_path):
    runs = [run("digits", "vhp_rewo", 0, 21.0), run("digits", "vhp_geco", 0, 22.0)]
    assert list(drawn(monkeypatch, tmp_path, runs)) == ["nll minutes", "effective samples"]


def test_the_figure_of_seeds_has_the_data_sets_with_several_and_the_monte_carlo_errors(monkeypatch, tmp_path):
    runs = [
        run("digits", "vhp_rewo", 0, 21.0),
        run("digits", "vhp_rewo", 1, 21.5),
        run("digits", "vhp_geco", 0, 22.0),
        run("faces", "vhp_rewo", 0, -5400.0),
    ]
    [ax] = drawn(monkeypatch, tmp_path, runs)["nll seeds"].axes
    several, single = ax.containers
    assert [mark.lines[0].get_ydata().tolist() for mark in (several, single)] == [[21.0, 21.5], [22.0]]
    bars = np.array(several.lines[2][0].get_segments())[..., 1]
    np.testing.assert_allclose(bars, [[20.99, 21.01], [21.49, 21.51]])


def test_the_figure_of_samples_has_the_runs_that_know_of_several_and_their_refined_estimate(monkeypatch, tmp_path):
    first = {"sample_counts": [1, 10, 500], "nll_of_first": [30.0, 23.0, 21.0]}
    runs = [
        run("digits", "vhp_rewo", 0, 21.0, refined_nll=20.5, **first),
        run("digits", "vhp_geco", 0, 22.0, refined_nll=21.5),
    ]
    [ax] = drawn(monkeypatch, tmp_path, runs)["nll samples"].axes
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[1, 30.0], [10, 23.0], [500, 21.0]],
        [[APART * 500, 20.5]],
    ]
