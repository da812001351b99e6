"""Paired differences from the section's files to table, CSV and forest plot."""

import csv
import json
import math
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from artifacts import N_TEST, call, compile_report, make_section, per_example, write_run
from matplotlib.colors import to_hex

from stages import report, section
from stages.files import read_npz, write_npz
from stages.reports import sections
from stages.reports.artifacts import ArtifactsError
from stages.reports.differences.pairs import Difference, as_good_as, check, from_json
from stages.reports.differences.table import difference_table
from vhp.figures.likelihood.differences import DECIDED_COLOUR, OPEN_COLOUR, Pair, forest

SECTION = Path("reports/smoke/datasets/digits/section.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """REWO and IWAE differ by less than can be told, GECO is worse than both."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for method, nll in (("vhp_rewo", 21.9), ("vhp_geco", 23.0), ("iwae_l2", 21.86)):
            write_run("digits", method, 0, nll=nll)
        compile_report()
    return folder


@pytest.fixture
def compiled(made, tmp_path, monkeypatch):
    """A copy of its own; the working directory."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def table_of(text: str) -> str:
    return text.split("## digits: paired differences\n")[1].split("\n#")[0]


def test_from_the_likelihood_of_each_example_to_table_csv_and_bold(compiled):
    rewo, iwae = (per_example(f"digits-{m}-0", nll=n) for m, n in (("vhp_rewo", 21.9), ("iwae_l2", 21.86)))
    error = np.std(rewo - iwae, ddof=1) / np.sqrt(N_TEST)
    kept = {(d["first"], d["second"]): d for d in json.loads(SECTION.read_text())["differences"]}
    assert set(kept) == {("vhp_rewo", "vhp_geco"), ("vhp_rewo", "iwae_l2"), ("vhp_geco", "iwae_l2")}
    found = kept["vhp_rewo", "iwae_l2"]
    assert (found["mean"], found["se"]) == pytest.approx((0.04, error)) and found["n_test"] == N_TEST
    assert error > 0.02  # so that 0.04 nats are no lead

    text = Path("reports/smoke/table.md").read_text()
    assert f"| VHP + REWO | – | **-1.10 ± {kept['vhp_rewo', 'vhp_geco']['se']:.2f}** | +0.04 ± {error:.2f} |" in text
    assert f"| VHP + GECO | +1.10 ± {kept['vhp_rewo', 'vhp_geco']['se']:.2f} | – | +1.14" in table_of(text)
    assert "200 test examples, the same for every method" in text and "one seed of each method" in table_of(text)
    headline = text.split("\n## ")[0]
    assert "| VHP + REWO | gated MLP | **21.90 ± 0.50** |" in headline
    assert "| IWAE (L=2) | gated MLP | **21.86 ± 0.50** |" in headline and "| 23.00 ± 0.50 |" in headline

    with Path("reports/smoke/differences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["first"] for r in rows] == ["vhp_rewo", "vhp_rewo", "vhp_geco"]
    assert float(rows[1]["difference"]) == pytest.approx(0.04) and rows[1]["first_seeds"] == "1"
    assert Path("reports/smoke/datasets/digits/differences.png").read_bytes()[:4] == b"\x89PNG"


def test_a_section_of_an_earlier_version_has_none_and_is_read(compiled):
    content = json.loads(SECTION.read_text())
    del content["differences"]
    SECTION.write_text(json.dumps(content))
    call(report)
    text = Path("reports/smoke/table.md").read_text()
    assert "paired differences\n" not in text
    assert "(of digits, whose paired differences are not known, the lowest alone)" in text
    assert "| **21.86 ± 0.50** |" in text and "| 21.90 ± 0.50 |" in text
    assert Path("reports/smoke/differences.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("se"), "found no se"),
        (lambda d: d.update(mean="0.1"), "mean: found '0.1', expected int or float"),
        (lambda d: d.update(mean=-1.2), "vhp_rewo - vhp_geco: found a difference of -1.2 nats, expected -1.1"),
        (lambda d: d.update(n_test=1.5), "n_test: found '1.5', expected int"),
    ],
)
def test_a_damaged_difference_is_named(compiled, change, message):
    content = json.loads(SECTION.read_text())
    change(content["differences"][0])
    SECTION.write_text(json.dumps(content))
    with pytest.raises(SystemExit, match=f"section.json.*{message}"):
        call(report)


def test_likelihoods_of_other_examples_are_refused(compiled):
    path = Path("runs/digits/digits-iwae_l2-0/likelihood.npz")
    arrays = read_npz(path)
    write_npz(path, arrays | {"index": arrays["index"][::-1]})
    with pytest.raises(
        SystemExit, match=r"iwae_l2-0/likelihood.npz .*found other test examples than those of .*rewo-0"
    ):
        make_section("digits")
    write_npz(path, arrays | {"index": arrays["index"] + 1})
    with pytest.raises(
        SystemExit, match=r"likelihood.npz .*index: found numbers from 1 to 200, expected indices below"
    ):
        call(section, "digits")


def with_refined(name: str, nll: float) -> None:
    """Beside what the run has: refined estimates, of the mean nll."""
    folder = Path("runs/digits") / name
    arrays, values = read_npz(folder / "likelihood.npz"), json.loads((folder / "likelihood.json").read_text())
    refined = -per_example(name + " refined", nll=nll)
    write_npz(folder / "likelihood.npz", arrays | {"refined_log_likelihood": refined})
    (folder / "likelihood.json").write_text(json.dumps(values | {"refined_nll": nll, "refined_nll_se": 0.5}))


def test_refined_estimates_are_compared_too_and_what_they_do_not_confirm_is_not_decided(compiled):
    """By the encoder's GECO is 1.1 nats behind REWO, by the refined ones it is ahead."""
    for method, nll in (("vhp_rewo", 21.0), ("vhp_geco", 20.8), ("iwae_l2", 19.0)):
        with_refined(f"digits-{method}-0", nll)
    make_section("digits")
    call(report)
    first, second = (
        -read_npz(Path(f"runs/digits/digits-{m}-0/likelihood.npz"))["refined_log_likelihood"]
        for m in ("vhp_rewo", "vhp_geco")
    )
    [found] = [d for d in json.loads(SECTION.read_text())["differences"] if d["second"] == "vhp_geco"]
    assert found["refined_mean"] == pytest.approx(0.2)
    assert found["refined_se"] == pytest.approx(np.std(first - second, ddof=1) / np.sqrt(N_TEST))
    text = Path("reports/smoke/table.md").read_text()
    assert f"| VHP + REWO | – | -1.10 ± {found['se']:.2f} (+0.20) | +0.04" in table_of(text)
    assert "| **-1.14 ± " in table_of(text)  # IWAE (L=2) leads GECO by both
    with Path("reports/smoke/differences.csv").open(newline="") as file:
        assert float(next(csv.DictReader(file))["refined_difference"]) == pytest.approx(0.2)


def test_a_section_before_refined_differences_takes_the_means_of_its_runs(compiled):
    for method, nll in (("vhp_rewo", 21.0), ("vhp_geco", 20.8), ("iwae_l2", 19.0)):
        with_refined(f"digits-{method}-0", nll)
    make_section("digits")
    content = json.loads(SECTION.read_text())
    for found in content["differences"]:
        for key in ("df", "refined_mean", "refined_se", "refined_df"):
            del found[key]
    SECTION.write_text(json.dumps(content))
    rewo_geco = sections.parse(SECTION, "").differences[0]
    assert rewo_geco.refined == pytest.approx((0.2, rewo_geco.se, N_TEST - 1)) and not rewo_geco.decided
    content["differences"][0] |= {"df": 199, "refined_mean": None, "refined_se": None, "refined_df": None}
    SECTION.write_text(json.dumps(content))
    with pytest.raises(
        ArtifactsError, match=r"found a difference of None nats, expected .*, that of their refined NLL"
    ):
        sections.parse(SECTION, "")


def test_refined_estimates_of_other_shape_are_refused(compiled):
    path = Path("runs/digits/digits-vhp_rewo-0/likelihood.npz")
    write_npz(path, read_npz(path) | {"refined_log_likelihood": np.zeros(3)})
    with pytest.raises(SystemExit, match=r"refined_log_likelihood: found the shape \(3,\), expected evaluated = 200"):
        make_section("digits")


def difference(first: str, second: str, mean: float, se: float | None, seeds: int = 1, **refined) -> Difference:
    return Difference(first, second, mean, se, 100, seeds, seeds, df=99, refined_df=99 if refined else None, **refined)


def test_both_estimates_must_decide_and_alike():
    def decided(mean: float, refined: float, error: float = 0.1) -> bool:
        return difference("a", "b", mean, 0.1, refined_mean=refined, refined_se=error).decided

    assert decided(-0.3, -0.3) and decided(0.3, 0.25)
    assert not decided(-0.3, -0.1) and not decided(-0.1, -0.3) and not decided(-0.3, 0.3)
    assert not decided(-0.3, -0.3, error=0.2)


def test_ties_are_those_of_the_best_alone():
    found = [difference("a", "b", -0.1, 0.1), difference("b", "c", -0.1, 0.1), difference("a", "c", -0.3, 0.1)]
    assert as_good_as("a", found) == {"a", "b"} and as_good_as("c", found) == {"b", "c"}
    assert as_good_as("a", []) == {"a"} and as_good_as("a", [difference("a", "b", 5, None)]) == {"a", "b"}


def test_with_several_seeds_the_table_says_that_they_count():
    table = difference_table("digits", [difference("vhp_rewo", "vhp_geco", -1.0, 0.2, seeds=3)])
    assert table.bold == {(0, 2)} and table.notes[0].endswith("standard errors over test examples and seeds.")


def test_the_forest_plot_shows_two_standard_errors_and_what_is_decided():
    found = [difference("vhp_rewo", "vhp_geco", -1.0, 0.2), difference("vhp_rewo", "iwae_l1", 0.1, 0.2)]
    figure = forest([Pair(d.first, d.second, d.encoders._replace(df=math.inf), None, d.decided) for d in found])
    [axes] = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["VHP + REWO − VHP + GECO", "VHP + REWO − IWAE (L=1)"]
    bars = [container.lines for container in axes.containers]
    ends = [segments[0].get_segments()[0][:, 0] for _, _, segments in bars]
    np.testing.assert_allclose(ends, [[-1.4, -0.6], [-0.3, 0.5]])
    assert [to_hex(point.get_color()) for point, _, _ in bars] == [DECIDED_COLOUR.lower(), OPEN_COLOUR.lower()]
    assert [point.get_markerfacecolor() for point, _, _ in bars] == [DECIDED_COLOUR, "white"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first pair is on top


def test_the_forest_plot_has_the_refined_difference_below_and_more_errors_of_few_seeds():
    d = difference("vhp_rewo", "vhp_geco", -1.0, 0.2, seeds=3, refined_mean=-0.5, refined_se=0.1)
    [axes] = forest([Pair(d.first, d.second, d.encoders._replace(df=2), d.refined, d.decided)]).axes
    (circle, _, bars), (diamond, _, _) = [container.lines for container in axes.containers]
    assert [circle.get_marker(), diamond.get_marker()] == ["o", "D"] and diamond.get_xdata() == [-0.5]
    assert circle.get_ydata() < diamond.get_ydata()
    ends = bars[0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, [-1 - 4.527 * 0.2, -1 + 4.527 * 0.2], atol=1e-3)


def test_of_several_seeds_an_earlier_section_gives_the_errors_that_its_parts_make():
    """Its error less the part of the seeds is over the examples: the refined estimates have that, and other seeds."""
    nll = {"vhp_rewo": [10.0, 11.0, 12.0], "vhp_geco": [20.0, 20.0, 20.3]}
    refined = {"vhp_rewo": [9.0, 9.1, 9.2], "vhp_geco": [12.0, 12.0, 12.3]}
    runs = [
        SimpleNamespace(method=m, likelihood={"nll": nll[m][i], "refined_nll": refined[m][i]})
        for m in nll
        for i in range(3)
    ]
    examples = 0.04
    se = math.sqrt(examples + sum(np.var(nll[m], ddof=1) / 3 for m in nll))
    content = {"first": "vhp_rewo", "second": "vhp_geco", "mean": -9.1, "se": se, "n_test": 100}
    found = from_json("", content | {"first_seeds": 3, "second_seeds": 3}, runs)
    check([found], runs)
    parts = [(examples, 99), *((np.var(refined[m], ddof=1) / 3, 2) for m in refined)]
    variance = sum(part for part, _ in parts)
    assert found.refined == pytest.approx((-3.0, math.sqrt(variance), variance**2 / sum(v**2 / df for v, df in parts)))
    assert found.df < 3 < found.refined_df and found.decided
