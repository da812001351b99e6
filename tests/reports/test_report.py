"""The report, on synthetic artifacts."""

import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from artifacts import compile_report, runs_here, write_run
from compiled_report import FOLDER, read_csv, row, section

from stages.files import read_json, write_json
from stages.reports.frames import RESULTS
from stages.reports.latex import latex
from stages.reports.page.embed import embedded
from stages.reports.poster_table import likelihood_table, published
from stages.reports.provenance import not_run, provenance_table
from stages.reports.table import Table
from vhp.names import METHODS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The report of two data sets x three methods, one of them with two seeds on the pendulum.

    On static MNIST it is known what fewer importance samples would have given.
    """
    folder = tmp_path_factory.mktemp("matrix")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for method, nll in (("vhp_rewo", 84.5), ("vhp_geco", 91.25), ("iwae_l2", 84.49)):
            first = {"sample_counts": [1, 10, 100, 500], "nll_of_first": [nll + 9, nll + 2, nll + 0.5, nll]}
            write_run("static_mnist", method, 0, nll=nll, **first)
        for method, seed, nll in (
            ("vhp_rewo", 0, -390),
            ("vhp_rewo", 1, -392),
            ("vhp_geco", 0, -380),
            ("iwae_l2", 0, -360),
        ):
            write_run("pendulum", method, seed, nll=float(nll), elbo=388.0, exact_nll=-401.5)
        compile_report()
    return folder


@pytest.fixture
def matrix(compiled, monkeypatch):
    """The working directory is that of the compiled report, which the test only reads."""
    monkeypatch.chdir(compiled)


def test_results_csv_has_one_row_per_run_with_the_agreed_columns(matrix):
    rows = read_csv("results.csv")
    assert (FOLDER / "results.csv").read_text().splitlines()[0] == (
        "dataset,method,seed,nll,nll_se,elbo,ess,n_test,n_samples,beta_final,constraint_final,kappa,epochs,"
        "converged,gain_last_tenth,skipped_steps,"
        "train_seconds,eval_seconds,device,revision,"
        "code_train,code_evaluate,code_interpolate,code_smoothness,code_representation"
    )
    assert len(RESULTS) == 25 and len(rows) == 7
    chosen = {(r["dataset"], r["method"], r["seed"]): r for r in rows}
    rewo = chosen["pendulum", "vhp_rewo", "1"]
    assert (rewo["nll"], rewo["kappa"], rewo["epochs"], rewo["n_test"]) == ("-392.0", "0.3", "60", "200")
    assert (rewo["train_seconds"], rewo["eval_seconds"], rewo["beta_final"]) == ("90.0", "30.0", "1.0")
    assert rewo["device"] == "cpu: 2 threads, Imagined <Processor>"
    assert chosen["pendulum", "iwae_l2", "0"]["kappa"] == ""


def test_inputs_csv_has_the_digest_of_every_file_that_was_read(matrix):
    """As in dvc.lock, by which stages/check/__main__.py finds a report that is older than its runs."""
    digests = {row["path"]: row["md5"] for row in read_csv("inputs.csv")}
    assert all(hashlib.md5(Path(path).read_bytes()).hexdigest() == md5 for path, md5 in digests.items())
    read = {path.as_posix() for path in Path().glob("runs/*/*/*")}
    read |= {path.as_posix() for path in Path().glob("data/processed/*.npz")}
    assert set(digests) == read


def test_metrics_json_has_the_few_numbers_of_each_run(matrix):
    metrics = read_json(FOLDER / "metrics.json")
    assert metrics["pendulum-vhp_rewo-1"] == {"nll": -392.0, "smoothness": 0.02, "beta": 1.0}
    rows = {f"{row['dataset']}-{row['method']}-{row['seed']}": row for row in read_csv("results.csv")}
    assert {name: of_run["nll"] for name, of_run in metrics.items()} == {n: float(r["nll"]) for n, r in rows.items()}


def test_smoothness_and_interpolation_csv(matrix):
    assert list(read_csv("smoothness.csv")[0]) == ["dataset", "method", "seed", "joint", "mean", "std", "n_paths"]
    rows = read_csv("interpolation.csv")
    assert (FOLDER / "interpolation.csv").read_text().splitlines()[0] == (
        "dataset,method,seed,n_nodes,k,components,unreachable,discontinuities,n_paths,n_frames,path_length_ratio,"
        "path_length_ratio_std,n_moving,discontinuities_std,straight_discontinuities,straight_discontinuities_std,"
        "smoothness,smoothness_std,straight_smoothness,straight_smoothness_std,end_distance,end_distance_std,"
        "end_error,end_error_std,end_to_end,end_to_end_std,"
        "posterior_distance,posterior_distance_std,straight_posterior_distance,straight_posterior_distance_std,"
        "monotonicity,monotonicity_std,straight_monotonicity,straight_monotonicity_std,"
        "angle_error,angle_error_std,straight_angle_error,straight_angle_error_std,"
        "breaks,breaks_std,straight_breaks,straight_breaks_std,"
        "roughness,roughness_std,straight_roughness,straight_roughness_std,"
        "off_data,off_data_std,straight_off_data,straight_off_data_std,off_data_limit"
    )
    assert [r["discontinuities"] for r in rows if r["dataset"] == "static_mnist"] == ["0.0", "1.0", "0.0"]


def test_a_measure_stands_beside_that_of_the_straight_line(matrix):
    table = section("pendulum: interpolation")
    cells = dict(zip(row(table, "method"), row(table, "VHP + GECO, seed 0"), strict=True))
    assert cells["jumps / path"] == "1.00 ± 0.25"
    assert cells["jumps / path, straight"] == "2.00 ± 0.50"
    assert (cells["discontinuities / path"], cells["off the data, straight"]) == ("1.00 ± 0.25", "0.25 ± 0.06")
    assert (cells["smoothness"], cells["smoothness, straight"]) == ("0.020 ± 0.005", "0.040 ± 0.010")
    assert (cells["monotonicity"], cells["angle error"], cells["posterior distance"]) == (
        "0.75 ± 0.19",
        "0.030 ± 0.007",
        "1.50 ± 0.38",
    )
    assert (cells["length ratio"], cells["ends"], cells["paths"]) == ("1.40", "0.80", "3")
    assert (cells["end error"], cells["end to end"]) == ("0.120", "0.400")
    assert "monotonicity" not in row(section("static MNIST: interpolation"), "method")


def test_the_differences_between_prior_and_posterior_are_a_csv_and_a_table(matrix):
    rows = read_csv("representation.csv")
    assert (FOLDER / "representation.csv").read_text().splitlines()[0] == (
        "dataset,method,seed,mmd2,mmd2_level,mmd2_bandwidth,classifier_accuracy,n_points,winding_number,rank_correlation"
    )
    assert {r["winding_number"] for r in rows if r["dataset"] == "static_mnist"} == {""}
    table = section("pendulum: prior and posterior")
    columns = row(table, "method")
    cells = dict(zip(columns, row(table, "VHP + REWO, seed 1"), strict=True))
    assert (cells["MMD²"], cells["MMD² level"], cells["classifier"]) == ("0.0123", "0.005", "62.5%")
    assert (cells["winding number"], cells["rank correlation"]) == ("1", "0.75")
    assert "winding number" not in row(section("static MNIST: prior and posterior"), "method")


def test_the_lowest_value_of_each_column_is_bold_with_those_it_is_not_known_to_be_better_than(matrix):
    table = section("Negative test log-likelihood (nats)")
    assert row(table, "method") == ["method", "network", "static MNIST", "pendulum"]
    assert row(table, "VHP + REWO") == ["VHP + REWO", "gated MLP", "**84.50 ± 0.50**", "**-391.00 ± 1.41 (2)**"]
    # Of REWO's two seeds, 2 nats apart, the error has one degree of freedom: it takes 14 for the certainty of 2.
    assert row(table, "VHP + GECO") == ["VHP + GECO", "gated MLP", "91.25 ± 0.50", "**-380.00 ± 0.50**"]
    assert row(table, "IWAE (L=2)") == ["IWAE (L=2)", "gated MLP", "**84.49 ± 0.50**", "-360.00 ± 0.50"]
    assert row(table, "generating process (exact)") == ["generating process (exact)", "–", "–", "-401.50"]
    assert "Budget smoke." in table
    assert "undecided, by the encoder's or by the refined estimate: within 2 standard errors, " in table
    assert "can be negative" in table and "standard deviation over the seeds" in table and "64 + 64" in table


def test_the_papers_numbers_stand_beside_ours_and_the_lowest_of_either_is_bold(matrix):
    lines = [line for line in section("Beside the paper (nats)").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    assert cells[0] == ["data set", "method", "network", "NLL", "paper (convolutional)", "difference"]
    assert cells[1] == ["---"] * 3 + ["---:"] * 3
    assert cells[2:] == [  # nothing of the pendulum, which the paper's table does not have
        ["static MNIST", "VHP + REWO", "gated MLP", "84.50 ± 0.50", "**82.74**", "+1.76"],
        ["static MNIST", "VHP + GECO", "gated MLP", "91.25 ± 0.50", "96.32", "-5.07"],
        ["static MNIST", "IWAE (L=2)", "gated MLP", "**84.49 ± 0.50**", "82.83", "+1.66"],
    ]


def test_the_table_as_csv_says_what_each_error_is_the_error_of(matrix):
    rows = {(r["dataset"], r["method"]): r for r in read_csv("table.csv")}
    assert len(rows) == 6
    several, single = rows["pendulum", "vhp_rewo"], rows["static_mnist", "vhp_geco"]
    assert (several["nll"], several["error_of"], several["n_seeds"], several["best"]) == ("-391.0", "seeds", "2", "1")
    assert float(several["error"]) == pytest.approx(2**0.5)  # of -390 and -392
    assert (several["network"], several["budget"], several["published"]) == ("gated MLP", "smoke", "")
    assert (single["nll"], single["error"], single["error_of"]) == ("91.25", "0.5", "test examples")
    assert (single["published"], single["best"]) == ("96.32", "0")
    assert float(single["difference"]) == pytest.approx(-5.07)


def test_rows_of_different_networks_are_not_merged(workplace):
    write_run("static_mnist", "vhp_rewo", 0, nll=83.0)
    write_run("pendulum", "vhp_rewo", 0, nll=-390.0)
    config = Path("runs/configs/static_mnist-vhp_rewo-0.json")
    config.write_text(config.read_text().replace('"d_z"', '"network": "conv",\n  "d_z"'))
    table = likelihood_table(runs_here())
    assert table.rows == (
        ("VHP + REWO", "convolutional", "83.00 ± 0.50", "–"),
        ("VHP + REWO", "gated MLP", "–", "-390.00 ± 0.50"),
    )
    assert table.bold == {(0, 2), (1, 3)}
    notes = "\n".join(table.notes)
    assert "static MNIST: gated convolutions with 64 + 64 channels, 8 latent dimensions" in notes
    assert "pendulum: gated MLP, hidden layers of 64 + 64 units, 2 latent dimensions" in notes


def test_the_notes_name_the_sizes_of_networks_on_patches(workplace):
    write_run("static_mnist", "vhp_rewo", 0, nll=83.0)
    config = Path("runs/configs/static_mnist-vhp_rewo-0.json")
    sizes = '"network": "patch",\n  "patch": {"size": 4, "channels": 48},\n  "d_z"'
    config.write_text(config.read_text().replace('"d_z"', sizes))
    table = likelihood_table(runs_here())
    assert table.rows[0][1] == "convolutional on patches"
    assert any(
        "static MNIST: gated convolutions with 48 channels, on patches of 4 x 4 pixels, 8" in n for n in table.notes
    )


def test_the_table_in_latex_has_as_many_cells_in_each_row_as_columns(matrix):
    text = (FOLDER / "table.tex").read_text()
    assert r"\textbf{$-$391.00 $\pm$ 1.41 (2)}" in text
    assert r"static MNIST & VHP + GECO & gated MLP & 91.25 $\pm$ 0.50 & 96.32 & $-$5.07 \\" in text
    assert text.isascii()
    for table in text.split(r"\begin{table}")[1:]:
        n_columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", table).group(1))
        rows = [line for line in table.splitlines() if line.endswith(r" \\")]
        assert len(rows) > 3 and {line.count(" & ") + 1 for line in rows} == {n_columns}
        for environment in ("table", "adjustbox", "tabular"):
            assert table.count(rf"\end{{{environment}}}") == 1


def test_special_characters_are_escaped_in_latex():
    table = Table("100 % of A & B_1", ("x", "y"), (("{a}", "-1"), ("b~\\^#$", "–")), starts=frozenset({1}))
    text = latex([table])
    assert r"\caption{100 \% of A \& B\_1}" in text
    assert r"\{a\} & $-$1 \\" in text
    assert r"b\textasciitilde{}\textbackslash{}\textasciicircum{}\#\$ & -- \\" in text
    assert text.count(r"\midrule") == 2  # below the head, and where the group begins


def test_what_was_not_run_is_said(matrix):
    text = (FOLDER / "table.md").read_text().split("## Not run\n")[1]
    for sentence in (
        "- Data sets without any run: dynamic MNIST; Fashion-MNIST; OMNIGLOT; OMNIGLOT (chardata.mat); digits; faces; "
        "human motion; human motion, unseen time.",
        "- The paper's networks are convolutional; those of these runs: gated MLP.",
        "- pendulum: no run of VampPrior, IWAE (L=1).",
        "- static MNIST: 500 importance samples instead of the paper's 5,000.",
        "- Only one seed: static MNIST.",
    ):
        assert sentence in text.splitlines()
    page = (FOLDER / "index.html").read_text()
    assert "<li>pendulum: no run of VampPrior, IWAE (L=1).</li>" in page


def test_an_nll_of_a_part_of_the_test_images_is_said(workplace):
    write_run("digits", "vhp_rewo", 0, n_test=150)
    assert "digits: the NLL is that of 150 of 200 test examples." in not_run(runs_here())


def test_details_compare_with_the_published_and_with_the_exact_value(matrix):
    table = section("static MNIST: details")
    columns = row(table, "method")
    rewo = dict(zip(columns, row(table, "VHP + REWO"), strict=True))
    assert (rewo["paper (convolutional)"], rewo["difference"], rewo["κ²"], rewo["C < κ²"]) == (
        "82.74",
        "+1.76",
        "0.0900",
        "yes",
    )
    assert rewo["minutes"] == "1.5 + 0.5"
    geco = dict(zip(columns, row(table, "VHP + GECO"), strict=True))
    assert (geco["difference"], geco["C < κ²"]) == ("-5.07", "no")
    assert dict(zip(columns, row(table, "IWAE (L=2)"), strict=True))["κ²"] == "–"

    table = section("pendulum: details")
    columns = row(table, "method")
    assert not any(column.startswith("published") for column in columns)
    assert dict(zip(columns, row(table, "VHP + REWO, seed 1"), strict=True))["above exact"] == "+9.50"


def test_a_run_whose_revision_is_not_known_says_so(workplace):
    folder = write_run("digits", "vhp_rewo", 0)
    for name in ("training_time.json", "evaluation_time.json"):
        write_json(folder / name, read_json(folder / name) | {"revision": None})
    table = provenance_table(runs_here())
    assert table.rows[0][table.columns.index("revision")] == "not known"


def test_the_refined_estimate_stands_beside_the_encoders_where_there_is_one(workplace):
    later = {"n_unreliable": 7, "elbo_mc_se": 0.1, "refined_nll": 89.125, "refined_nll_se": 0.4}
    later |= {"refined_nll_mc_se": 0.002, "refined_ess": 950.5, "refined_n_low_ess": 1, "refined_n_unreliable": 2}
    later |= {"refined_own_proposals": 150, "refined_n_apart": 5}
    write_run("digits", "vhp_rewo", 0, **later)
    write_run("digits", "iwae_l1", 0)  # of an earlier revision
    compile_report()
    rows = read_csv("results.csv")
    assert [row["refined_nll"] for row in rows] == ["89.125", ""]
    assert list(rows[0])[: len(RESULTS)] == list(RESULTS)
    table = (FOLDER / "table.md").read_text()
    lines = [[cell.strip() for cell in line.split("|")] for line in table.splitlines()]
    columns = next(cells for cells in lines if "refined NLL" in cells)
    details = dict(zip(columns, next(cells for cells in lines if "89.125 ± 0.002" in cells), strict=True))
    expected = {
        "NLL − refined": "+0.88",
        "refined ESS < 10": "0.5%",
        "unreliable": "3.5%",
        "refined unreliable": "1.0%",
    }
    assert {name: details[name] for name in expected} == expected
    assert "Pareto k-hat" in table


def test_the_published_values_are_the_papers():
    """Its table, a row per method: dynamic and static MNIST, Fashion-MNIST, OMNIGLOT."""
    table = {
        "vhp_rewo": (78.88, 82.74, 225.37, 101.78),
        "vhp_geco": (95.01, 96.32, 234.73, 108.97),
        "vampprior": (80.42, 84.02, 232.78, 101.97),
        "iwae_l1": (81.36, 84.46, 226.83, 101.57),
        "iwae_l2": (80.66, 82.83, 225.39, 101.83),
    }
    datasets = ("dynamic_mnist", "static_mnist", "fashion_mnist", "omniglot")
    assert published() == {(m, d): nll for m, row in table.items() for d, nll in zip(datasets, row, strict=True)}
    assert set(table) == set(METHODS)


def figures_of_all() -> list[str]:
    return sorted(path.name for path in (FOLDER / "figures").iterdir())


def test_figures_of_samples_and_seeds_are_drawn_only_of_results_that_know_of_several(workplace):
    always = ["effective_samples", "nll_minutes"]
    write_run("digits", "vhp_rewo", 0, sample_counts=None, nll_of_first=None)
    write_run("digits", "vhp_rewo", 1)
    compile_report()
    assert figures_of_all() == [f"{name}{suffix}" for name in (*always, "nll_seeds") for suffix in (".png", ".svg")]
    Path("runs/configs/digits-vhp_rewo-1.json").unlink()
    write_run("digits", "vhp_rewo", 0, sample_counts=[1, 500], nll_of_first=[95.0, 90.0], refined_nll=89.5)
    compile_report()
    assert figures_of_all() == [f"{name}{suffix}" for name in (*always, "nll_samples") for suffix in (".png", ".svg")]


class Links(HTMLParser):
    """Collects references and checks that elements are closed in order."""

    VOID = ("meta", "img")

    def __init__(self):
        super().__init__()
        self.links, self.ids, self.open = [], set(), []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.links += [values[key] for key in ("href", "src") if key in values]
        self.ids |= {values["id"]} if "id" in values else set()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_one_file_with_every_figure_in_it_and_escapes_text(matrix):
    text = (FOLDER / "index.html").read_text()
    parser = Links()
    parser.feed(text)
    assert parser.open == []
    assert all(link[1:] in parser.ids for link in parser.links if link.startswith("#"))
    files = [link for link in parser.links if not link.startswith(("#", "data:"))]
    assert all((FOLDER / file).is_file() for file in files) and {
        "datasets/pendulum/samples.png",
        "datasets/pendulum/interpolation_strips.gif",
        *(f"figures/{name}" for name in ("nll_minutes.svg", "nll_samples.svg", "nll_seeds.svg")),
    } <= set(files)
    figures = [link for link in parser.links if link.startswith("data:")]
    assert len(figures) == 5 + 8 + 1 + 4
    drawn = [*FOLDER.glob("datasets/*/*.png"), *FOLDER.glob("*.png"), *FOLDER.glob("figures/*.png")]
    assert set(figures) == {embedded(path).uri for path in drawn}
    assert "url(" not in text and "@import" not in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "Imagined &lt;Processor&gt;" in text and "<Processor>" not in text
    assert "0123456789ab</td>" in text
    assert '<th scope="row">method.kappa</th><td>0.3</td>' in text and f"numpy {np.__version__}" in text
    assert "All runs together: 0.2 h of training, 0.1 h of NLL" in text  # 7 runs of 90 + 30 s


def test_a_run_without_any_path_is_reported(workplace):
    folder = write_run("pendulum", "vampprior", 0)
    with np.load(folder / "paths.npz") as file:
        arrays = dict(file)
    nowhere = {name: np.full_like(arrays[name], np.nan) for name in ("path_length", "path_z", "path_x")}
    np.savez(folder / "paths.npz", **arrays | nowhere | {"found": np.zeros(4, bool)})
    measured = read_json(folder / "smoothness.json")
    numbers = {key: None for key, value in measured.items() if isinstance(value, float)}
    joints = [joint | {"mean": None, "std": None, "n_paths": 0} for joint in measured["joints"]]
    nothing = {"joints": joints, "straight_joints": joints, "path_smoothness": [None] * 4, "n_moving": 0}
    write_json(folder / "smoothness.json", measured | numbers | nothing | {"discontinuity_factor": 5.0})
    summary = read_json(folder / "interpolation.json")
    write_json(folder / "interpolation.json", summary | {"path_length_ratio": None, "path_length_ratio_std": None})
    compile_report()
    assert row(section("pendulum: interpolation"), "VampPrior")[3:] == [*["–"] * 20, "0"]
    assert read_csv("interpolation.csv")[0]["path_length_ratio"] == ""


def test_section_and_report_need_no_torch():
    code = "import sys, stages.report, stages.section; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
