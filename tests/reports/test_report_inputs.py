"""Which results the report takes, and which it refuses: missing, damaged, of other runs or of other code."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest
from artifacts import call, compile_report, make_section, write_matrix, write_run
from compiled_report import FOLDER, read_csv, row, section

from stages import report
from stages import section as section_stage
from stages.files import read_json, write_json
from stages.runs.places import MATRIX


def stopped(stage=report, *arguments: str) -> str:
    """What the stage refuses with, which must be a text: it is printed, and the exit status is 1."""
    write_matrix()
    with pytest.raises(SystemExit) as ended:
        call(stage, *arguments)
    assert isinstance(ended.value.code, str)
    return ended.value.code


def test_every_missing_file_is_named_in_one_message(workplace):
    write_run("pendulum", "vhp_rewo", 1)
    write_run("pendulum", "iwae_l2", 0)
    missing = ["runs/pendulum/pendulum-vhp_rewo-1/likelihood.json", "runs/pendulum/pendulum-iwae_l2-0/history.csv"]
    for file in missing:
        Path(file).unlink()
    said = stopped(section_stage, "pendulum")
    assert "2 files are missing" in said and all(file in said for file in missing)
    assert not FOLDER.exists()


def without_runs_of(dataset: str) -> None:
    """As in another clone: the configurations are made there, the runs are not."""
    shutil.rmtree(Path("runs", dataset))
    Path("data", "processed", f"{dataset}.npz").unlink()


def test_a_data_set_whose_runs_are_not_here_is_reported_from_its_section(workplace):
    for dataset in ("pendulum", "static_mnist"):
        for method in ("vhp_rewo", "vampprior"):
            write_run(dataset, method, 0)
    compile_report()
    first = {path: path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    without_runs_of("static_mnist")
    call(report)
    assert {path: path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()} == first

    write_run("pendulum", "vampprior", 0, nll=-123.0)
    make_section("pendulum")
    call(report)
    assert "-123.00" in section("Negative test log-likelihood (nats)")
    assert [r["nll"] for r in read_csv("results.csv") if r["dataset"] == "static_mnist"] == ["90.0", "90.0"]


SECTION = FOLDER / "datasets" / "static_mnist" / "section.json"


def change_section(change) -> None:
    content = read_json(SECTION)
    change(content)
    write_json(SECTION, content)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda: Path("runs/configs/static_mnist-iwae_l2-0.json").unlink(), "differ in static_mnist-iwae_l2-0"),
        (
            lambda: change_section(lambda s: s["runs"]["static_mnist-vhp_rewo-0"].pop("smoothness")),
            "other content than",
        ),
        (
            lambda: change_section(
                lambda s: s["runs"]["static_mnist-vhp_rewo-0"]["likelihood"].update(nll_of_first=[1.0, 2.0])
            ),
            "expected a number for each",
        ),
        (
            lambda: change_section(
                lambda s: s["runs"]["static_mnist-vhp_rewo-0"]["likelihood"].update(
                    sample_counts=[1, 10], nll_of_first=[1.0, None]
                )
            ),
            "expected a number for each",
        ),
        (lambda: change_section(lambda s: s["figures"][0].pop("caption")), "section.json cannot be read"),
        (SECTION.unlink, "section.json is missing: `dvc repro section@static_mnist` makes it"),
        (lambda: SECTION.write_text('{"runs": ['), "section.json cannot be read"),
    ],
)
def test_a_section_of_other_runs_or_damaged_is_refused(workplace, change, why):
    write_run("pendulum", "vhp_rewo", 0)
    for method in ("vhp_rewo", "iwae_l2"):
        write_run("static_mnist", method, 0)
    compile_report()
    before = (FOLDER / "results.csv").read_bytes()
    change()
    said = stopped()
    assert why in said and "static_mnist" in said and "pendulum" not in said
    assert (FOLDER / "results.csv").read_bytes() == before


def test_results_of_other_code_or_parameters_are_listed_as_older(workplace):
    write_run("digits", "vhp_rewo", 0)
    write_run("digits", "iwae_l2", 0)
    compile_report()
    assert "No result is." in (FOLDER / "stale.md").read_text()
    made = SECTION.parents[1] / "digits" / "section.json"
    content = read_json(made)
    content["runs"]["digits-vhp_rewo-0"]["code"]["train"] = "0123456789abcdef"
    content["runs"]["digits-iwae_l2-0"]["config"]["training"]["batch_size"] = 59
    write_json(made, content)
    call(report)
    lines = (FOLDER / "stale.md").read_text().splitlines()
    assert "| train | digits-vhp_rewo-0 | not known | other code |" in lines
    assert "| train | digits-iwae_l2-0 | not known | other parameters: training.batch_size |" in lines
    assert "other parameters: training.batch_size" in (FOLDER / "index.html").read_text()
    assert any("Supplements and studies" in line and "not in this list" in line for line in lines)
    assert read_csv("results.csv")[0]["code_train"] == "0123456789abcdef"


def test_a_configuration_of_other_code_is_refused(workplace):
    write_run("digits", "vhp_rewo", 0)
    compile_report()
    matrix = read_json(MATRIX)
    matrix["code"]["report"] = matrix["sections"]["digits"]["code"] = "0" * 16
    write_json(MATRIX, matrix)
    for stage, arguments in ((report, []), (section_stage, ["digits"])):
        with pytest.raises(SystemExit, match="dvc repro configure"):
            call(stage, *arguments)


def test_a_file_that_is_not_what_dvc_lock_says_is_refused(workplace):
    """A damaged object of DVC's cache is checked out without a word."""
    folder = write_run("digits", "vhp_rewo", 0)
    path = folder / "likelihood.json"
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    lock = f"schema: '2.0'\nstages:\n  evaluate@{folder.name}:\n    cmd: x\n    outs:\n    - path: {path}\n      md5: "
    Path("dvc.lock").write_text(f"{lock}{digest}\n  other:\n    cmd: y\n")
    make_section("digits")
    path.write_text(path.read_text().replace("90.0", "80.0"))
    said = stopped(section_stage, "digits")
    assert str(path) in said and digest in said and f"dvc fetch evaluate@{folder.name}" in said


def test_a_section_that_was_edited_is_refused_with_what_restores_it(workplace):
    write_run("static_mnist", "vhp_rewo", 0)
    compile_report()
    lock = f"schema: '2.0'\nstages:\n  section@static_mnist:\n    cmd: x\n    outs:\n    - path: {SECTION.parent}\n"
    Path("dvc.lock").write_text(f"{lock}      md5: {'0' * 32}.dir\n")
    said = stopped(report)
    assert f"`git checkout {SECTION.parent}` restores the committed one" in said and "dvc fetch" not in said


def test_no_matrix_at_all_is_an_error(workplace):
    with pytest.raises(SystemExit, match=r"matrix\.json"):
        call(report)


RUN_FOLDER = "runs/digits/digits-iwae_l2-0"


@pytest.mark.parametrize(
    ("damaged", "left"),
    [
        (f"{RUN_FOLDER}/likelihood.json", 20),
        (f"{RUN_FOLDER}/paths.npz", 20),
        (f"{RUN_FOLDER}/history.csv", 0),
        ("data/processed/digits.npz", 100),
        ("data/processed/digits.npz", 0),
    ],
)
def test_a_file_that_cannot_be_read_is_named(workplace, damaged, left):
    write_run("digits", "iwae_l2", 0)
    Path(damaged).write_bytes(Path(damaged).read_bytes()[:left])
    said = stopped(section_stage, "digits")
    assert re.fullmatch(rf"section digits: {damaged} cannot be read \(.*\): delete it and run `dvc repro`", said)
    assert said.count("cannot be read") == 1


def test_runs_of_another_matrix_are_left_out(workplace):
    """Outputs without a configuration are of a run that is no longer wanted."""
    for method in ("vhp_rewo", "iwae_l2"):
        write_run("pendulum", method, 0)
    write_run("digits", "iwae_l2", 0)
    compile_report()
    for name in ("digits-iwae_l2-0", "pendulum-iwae_l2-0"):
        Path(f"runs/configs/{name}.json").unlink()
    compile_report()
    assert [(r["dataset"], r["method"]) for r in read_csv("results.csv")] == [("pendulum", "vhp_rewo")]
    names = ("interpolation_strips", "latent_graph", "latent_space", "latent_steps", "latent_steps_angle")
    names += ("samples", "training_curves")
    both = [f"{name}.{suffix}" for name in names for suffix in ("png", "svg")]
    expected = sorted([*both, "interpolation_strips.gif", "section.json"])
    assert sorted(p.name for p in (FOLDER / "datasets" / "pendulum").iterdir()) == expected


def test_a_single_run_is_a_report_and_its_bytes_are_the_same_each_time(workplace):
    write_run("digits", "vampprior", 3, nll_se=None)

    def digests() -> dict[str, str]:
        compile_report()
        files = [path for path in FOLDER.rglob("*") if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    first = digests()
    # Tables and page, the figures of all data sets and of none, the section's figures, itself.
    assert len(first) == 14 + 4 + 1 + 9 + 1
    assert digests() == first
    table = section("Negative test log-likelihood (nats)")
    assert row(table, "VampPrior") == ["VampPrior", "gated MLP", "**90.00**"]
