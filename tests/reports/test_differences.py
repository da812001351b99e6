"""Paired differences from the section's files to table, CSV and forest plot."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from artifacts import N_TEST, call, compile_report, make_section, per_example, write_run
from matplotlib.colors import to_hex

from stages import report, section
from stages.files import read_npz, write_npz
from stages.reports.differences.pairs import Difference, as_good_as
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


def difference(first: str, second: str, mean: float, se: float | None, seeds: int = 1) -> Difference:
    return Difference(first, second, mean, se, 100, seeds, 1)


def test_ties_are_those_of_the_best_alone():
    found = [difference("a", "b", -0.1, 0.1), difference("b", "c", -0.1, 0.1), difference("a", "c", -0.3, 0.1)]
    assert as_good_as("a", found) == {"a", "b"} and as_good_as("c", found) == {"b", "c"}
    assert as_good_as("a", []) == {"a"} and as_good_as("a", [difference("a", "b", 5, None)]) == {"a", "b"}


def test_with_several_seeds_the_table_says_that_they_count():
    table = difference_table("digits", [difference("vhp_rewo", "vhp_geco", -1.0, 0.2, seeds=3)])
    assert table.bold == {(0, 2)} and table.notes[0].endswith("standard errors over test examples and seeds.")


def test_the_forest_plot_shows_two_standard_errors_and_what_is_decided():
    figure = forest([Pair("vhp_rewo", "vhp_geco", -1.0, 0.2), Pair("vhp_rewo", "iwae_l1", 0.1, 0.2)])
    [axes] = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["VHP + REWO − VHP + GECO", "VHP + REWO − IWAE (L=1)"]
    bars = [container.lines for container in axes.containers]
    ends = [segments[0].get_segments()[0][:, 0] for _, _, segments in bars]
    np.testing.assert_allclose(ends, [[-1.4, -0.6], [-0.3, 0.5]])
    assert [to_hex(point.get_color()) for point, _, _ in bars] == [DECIDED_COLOUR.lower(), OPEN_COLOUR.lower()]
    assert [point.get_markerfacecolor() for point, _, _ in bars] == [DECIDED_COLOUR, "white"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first pair is on top
