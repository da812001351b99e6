"""The parameter study: what it sets, collects and reports. The pipeline itself is replaced."""

import csv
import io
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.files import write_json, write_npz
from stages.study import __main__ as study
from stages.study import report as study_report
from stages.study.columns import HOW
from stages.study.earlier import run_of
from stages.study.suiting import suiting
from vhp.figures.study import study as draw

REAL = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
PARAMS = REAL | {
    "budget": "laptop",
    "datasets": ["pendulum", "digits"],
    "methods": ["vhp_rewo", "iwae_l1"],
    "seeds": [0],
    "kappa": REAL["kappa"] | {"pendulum": 0.08, "digits": 0.55},
}


# --- parameters ---


def test_a_value_is_set_where_its_name_says():
    params = yaml.safe_load(yaml.safe_dump(PARAMS))
    study.set_value(params, "budgets.laptop.training.epochs.digits", 5)
    before = PARAMS["budgets"]["laptop"]["training"]["epochs"]
    assert params["budgets"]["laptop"]["training"]["epochs"] == before | {"digits": 5} != before
    study.set_value(params, "kappa", 0.3)  # one for all data sets, as with dvc exp run -S
    assert params["kappa"] == 0.3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kapa.digits", r"found no kapa in .*expected one of .*kappa"),
        ("kappa.moons", r"found no kappa\.moons in .*expected one of .*digits"),
        ("budget.epochs", r"found no budget\.epochs in .*expected a mapping"),
    ],
)
def test_a_parameter_that_is_not_there_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        study.set_value(dict(PARAMS), name, 1)


def test_values_are_read_as_in_params_yaml():
    assert [study.scalar(text) for text in ("0.5", "8", "bf16", "true", "1e-6")] == [0.5, 8, "bf16", True, 1e-6]
    with pytest.raises(ValueError, match=r"'\[1, 2\]'.*one scalar"):
        study.scalar("[1, 2]")
    with pytest.raises(ValueError, match=r"'\[1'.*expected YAML"):
        study.scalar("[1")


# --- runs ---

CLONE = Path("studies", "laptop", "kappa.digits")
METHODS = ("vhp_rewo", "iwae_l1")


def result_of(method, seed, kappa):
    """Numbers that name the run that they come from."""
    nll = 20 + 10 * kappa + (0.5 if method == "iwae_l1" else 0) + 0.1 * seed
    training = {"best_validation_bound": -nll, "beta_final": 1.0, "beta_best": 1.0, "constraint_final": 0.2}
    training |= {"main_phase_step": 1, "best_epoch": 5, "epochs": 6}
    return training, {"nll": nll, "nll_se": 0.2, "elbo": -nll - 1, "n_test": 9, "n_samples": 50}


def log_likelihood(method, seed, kappa):
    """Of nine test examples, around the mean that result_of gives; each method has a scatter of its own beside it."""
    rng = np.random.default_rng([len(method), seed, round(100 * kappa)])
    hard = np.random.default_rng(0).normal(size=9) + rng.normal(scale=0.1, size=9)
    return {"index": np.arange(9), "log_likelihood": -result_of(method, seed, kappa)[1]["nll"] + hard - hard.mean()}


likelihoods = log_likelihood  # what the pipeline writes
made_at = {"training": "0123456789ab", "evaluation": "0123456789ab"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with params.yaml; place(fails) replaces the pipeline by one in which runs may fail."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS))
    monkeypatch.setattr(study.clone, "make", lambda folder, force: folder.mkdir(parents=True) or io.StringIO())

    def place(fails=lambda method, kappa: False, *arguments):
        def pipeline(command, cwd):
            assert cwd == CLONE
            params = yaml.safe_load((cwd / "params.yaml").read_text())
            failed = False
            for dataset in params["datasets"]:
                for method in params["methods"]:
                    for seed in params["seeds"]:
                        name, kappa = f"{dataset}-{method}-{seed}", params["kappa"][dataset]
                        if fails(method, kappa):
                            failed = True
                            continue
                        training, likelihood = result_of(method, seed, kappa)
                        write_json(cwd / "runs" / dataset / name / "training.json", training)
                        write_json(cwd / "runs" / dataset / name / "likelihood.json", likelihood)
                        write_npz(cwd / "runs" / dataset / name / "likelihood.npz", likelihoods(method, seed, kappa))
                        for stage, revision in made_at.items():
                            write_json(cwd / "runs" / dataset / name / f"{stage}_time.json", {"revision": revision})
                        codes = {"train": f"train {kappa}", "evaluate": "0123456789012345", "interpolate": "another"}
                        write_json(cwd / "runs" / "configs" / f"{name}.json", {"code": codes})
            return int(failed)

        monkeypatch.setattr(study.pipeline.process, "run", pipeline)
        argv = ["study", "--param", "kappa.digits", "--values", "0.5", "0.7", *arguments]
        monkeypatch.setattr(sys, "argv", argv)
        study.main()
        return written()

    return place


def written():
    with Path("reports/studies/laptop/kappa.digits/results.csv").open() as file:
        return list(csv.DictReader(file))


def partly(place, fails, *arguments):
    """The rows of a study in which some runs fail: written, but the exit status says so."""
    with pytest.raises(SystemExit, match=r"^study: \d of 4 runs were not finished; the errors are above"):
        place(fails, *arguments)
    return written()


def test_every_run_at_every_value_is_a_row_with_its_own_numbers(place):
    rows = place(lambda *_: False, "--seeds", "0", "2")
    assert len(rows) == 2 * 2 * 2
    for row in rows:
        assert row["dataset"] == "digits"  # the one that the parameter names
        expected = result_of(row["method"], int(row["seed"]), float(row["value"]))[1]["nll"]
        assert float(row["nll"]) == expected and row["failed"] == "False"
        assert row["kappa"] == (row["value"] if row["method"] == "vhp_rewo" else "")
    assert Path("reports/studies/laptop/kappa.digits/figure.png").read_bytes()[:4] == b"\x89PNG"


DIFFERENCES = Path("reports/studies/laptop/kappa.digits/differences.csv")


def test_two_methods_are_compared_over_the_same_test_examples(place):
    place(lambda *_: False, "--seeds", "0", "2")
    found = pd.read_csv(DIFFERENCES)
    assert found[["value", "first", "second"]].values.tolist() == [[v, "vhp_rewo", "iwae_l1"] for v in (0.5, 0.7)]
    assert found["difference"].tolist() == pytest.approx([-0.5, -0.5])
    assert found[["n_test", "first_seeds", "second_seeds"]].values.tolist() == [[9, 2, 2]] * 2
    for row in found.to_dict("records"):
        values = {m: np.stack([-log_likelihood(m, s, row["value"])["log_likelihood"] for s in (0, 2)]) for m in METHODS}
        difference = values["vhp_rewo"].mean(0) - values["iwae_l1"].mean(0)
        # Each method's two seeds are 0.2 nats apart: the variance of their mean is 0.02 / 2.
        assert row["se"] == pytest.approx(math.sqrt(difference.var(ddof=1) / 9 + 2 * 0.01))
        table = DIFFERENCES.with_name("table.md").read_text()
        assert f"| {row['value']} | -0.50 ± {row['se']:.2f} |" in table and "| VHP + REWO − IWAE (L=1) |" in table


def test_pairs_are_in_the_order_of_the_papers_table_whatever_was_asked_for_first(place):
    place(lambda *_: False, "--methods", "iwae_l1", "vhp_rewo")
    assert pd.read_csv(DIFFERENCES)[["first", "second"]].values.tolist() == [["vhp_rewo", "iwae_l1"]] * 2


def test_what_failed_is_compared_with_nothing(place):
    partly(place, lambda method, kappa: method == "iwae_l1" and kappa == 0.7)
    assert pd.read_csv(DIFFERENCES)["value"].tolist() == [0.5]


def test_of_one_method_there_are_no_differences(place):
    DIFFERENCES.parent.mkdir(parents=True)
    DIFFERENCES.write_text("of an earlier study\n")
    place(lambda *_: False, "--methods", "vhp_rewo")
    assert not DIFFERENCES.exists()


def test_runs_of_other_test_examples_are_not_compared(place, monkeypatch):
    def other(method, seed, kappa):
        return log_likelihood(method, seed, kappa) | ({"index": np.arange(1, 10)} if method == "iwae_l1" else {})

    monkeypatch.setattr("test_study.likelihoods", other)
    with pytest.raises(
        SystemExit, match=r"iwae_l1-0/likelihood\.npz.*found other test examples than another run's of digits"
    ):
        place()


def test_other_parameters_can_be_set(place):
    place(lambda *_: False, "--set", "budgets.laptop.training.epochs.digits=7", "--methods", "vhp_rewo")
    params = yaml.safe_load((CLONE / "params.yaml").read_text())
    assert params["budgets"]["laptop"]["training"]["epochs"]["digits"] == 7
    assert params["methods"] == ["vhp_rewo"] and params["kappa"]["digits"] == 0.7


SET = ("--set", "settings.shared.alpha=0.90", "budgets.laptop.training.epochs.digits=7")
STUDY = Path("reports/studies/laptop/kappa.digits")


def test_each_row_says_how_it_was_made(place, monkeypatch):
    for row in place():
        assert (row["code_train"], row["code_evaluate"]) == (f"train {row['value']}", "0123456789012345")
        assert (row["revision"], row["set"]) == ("0123456789ab", "")
    assert "SET" not in (STUDY / "table.md").read_text()
    monkeypatch.setitem(made_at, "evaluation", "ba9876543210-dirty")
    assert {row["revision"] for row in again(place, monkeypatch)} == {"0123456789ab ba9876543210-dirty"}


def again(place, monkeypatch, *arguments):
    """The study once more, in the clone of the first."""
    monkeypatch.setattr(study.clone, "make", lambda folder, force: io.StringIO())
    return place(lambda *_: False, *arguments)


def test_other_parameters_are_in_rows_and_table_as_they_are_given_again(place):
    rows = place(lambda *_: False, *SET)
    expected = "budgets.laptop.training.epochs.digits=7 settings.shared.alpha=0.9"
    assert {row["set"] for row in rows} == {expected}
    assert f'- With SET="{expected}" at every value.' in (STUDY / "table.md").read_text()


def test_a_study_takes_the_place_of_one_with_the_same_runs_and_parameters(place, monkeypatch):
    place(lambda *_: False, *SET)
    again(place, monkeypatch, "--set", "budgets.laptop.training.epochs.digits=7", "settings.shared.alpha=0.9")
    rows = again(place, monkeypatch, *SET, "--values", "0.7", "0.50", "0.9")
    assert {row["value"] for row in rows} == {"0.5", "0.7", "0.9"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [*SET, "--values", "0.7"],
            r"kappa\.digits: found results at 0\.5 \(of vhp_rewo, .*seed 0\).* which has no value 0\.5;",
        ),
        (
            [*SET, "--methods", "vhp_rewo"],
            r"found results at 0\.5, 0\.7 \(of iwae_l1 on digits, seed 0\), .* which has no method iwae_l1;",
        ),
        (
            [*SET, "--seeds", "1", "--values", "0.7", "0.9"],
            r"found results at 0\.5, 0\.7 .*seed 0\).* which has no seed 0, no value 0\.5;.*FORCE=1",
        ),
        ([], r'found a study with SET="budgets.*alpha=0\.9", expected SET="" as asked for; .*FORCE=1'),
        (["--set", "settings.shared.alpha=0.8"], r'expected SET="settings\.shared\.alpha=0\.8"'),
    ],
)
def test_a_study_with_what_the_new_one_lacks_stays_unless_forced(place, monkeypatch, arguments, message):
    place(lambda *_: False, *SET)
    before = {path: path.read_bytes() for path in STUDY.iterdir()}
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match=message):
        patch.setattr(study, "reproduce", lambda *_: pytest.fail("a stage ran"))
        again(place, monkeypatch, *arguments)
    assert {path: path.read_bytes() for path in STUDY.iterdir()} == before
    again(place, monkeypatch, *arguments, "--force")
    assert (STUDY / "results.csv").read_bytes() != before[STUDY / "results.csv"]


def test_a_study_that_does_not_say_how_it_was_made_is_replaced_with_a_warning(place, monkeypatch, caplog):
    place()
    old = pd.read_csv(STUDY / "results.csv").drop(columns=list(HOW))
    old.to_csv(STUDY / "results.csv", index=False)
    with pytest.raises(SystemExit, match=r'does not say its SET, expected SET="budgets.*FORCE=1'):
        again(place, monkeypatch, *SET)
    with caplog.at_level("WARNING"):
        assert set(HOW) <= set(again(place, monkeypatch)[0])
    assert "replacing a study that does not say which other parameters (SET)" in caplog.text


def test_a_study_that_cannot_be_read_stays(place):
    STUDY.mkdir(parents=True)
    (STUDY / "results.csv").write_text("value\n0.5\n")
    with pytest.raises(SystemExit, match=r"results\.csv cannot be read .*FORCE=1"):
        place()


def test_values_are_the_same_however_they_are_written():
    assert run_of("d", "m", 0, 1) == run_of("d", "m", "0", "1.0") != run_of("d", "m", 0, 1.5)
    assert run_of("d", "m", 0, True) == run_of("d", "m", 0, "True") and run_of("d", "m", 0, "mlp")[3] == "mlp"


def test_a_study_of_the_budget_shows_its_table_wherever_that_is(place, monkeypatch, capsys):
    monkeypatch.setattr("test_study.CLONE", Path("studies", "smoke", "budget"))
    with pytest.raises(FileNotFoundError):  # of the results of the parameter kappa.digits, which the fixture reads
        place(lambda *_: False, "--param", "budget", "--values", "smoke", "demo", "--datasets", "digits")
    table = Path("reports/studies/smoke/budget/table.md").read_text()
    assert table in capsys.readouterr().out
    assert "| demo | VHP + REWO |" in table and "- Budget smoke or demo, " in table


def test_another_budget_is_another_study(place, monkeypatch):
    place()
    before = Path("reports/studies/laptop/kappa.digits/table.md").read_bytes()
    monkeypatch.setattr("test_study.CLONE", Path("studies", "smoke", "kappa.digits"))
    place(lambda *_: False, "--budget", "smoke")
    assert Path("reports/studies/laptop/kappa.digits/table.md").read_bytes() == before
    assert Path("reports/studies/smoke/kappa.digits/results.csv").exists()


def test_a_run_that_fails_at_one_value_does_not_keep_the_numbers_of_the_value_before(place):
    rows = partly(place, lambda method, kappa: method == "vhp_rewo" and kappa == 0.7)
    failed = [row for row in rows if row["failed"] == "True"]
    assert [(row["method"], row["value"], row["nll"]) for row in failed] == [("vhp_rewo", "0.7", "")]
    table = Path("reports/studies/laptop/kappa.digits/table.md").read_text()
    assert "| 0.7 | VHP + REWO | – | – | – | – | 0.49 | – | 1 of 1 |" in table


def test_a_value_at_which_every_run_fails_leaves_the_others_their_results(place):
    rows = partly(place, lambda method, kappa: kappa == 0.5)
    assert {(row["value"], row["failed"]) for row in rows} == {("0.5", "True"), ("0.7", "False")}
    table = Path("reports/studies/laptop/kappa.digits/table.md").read_text()
    assert "| 0.5 | IWAE (L=1) | – | – | – | – | – | – | 1 of 1 |" in table


@pytest.mark.parametrize("force", [False, True])
def test_a_run_that_fails_now_does_not_take_the_place_of_one_that_was_finished(place, monkeypatch, force):
    place()
    before = {path: path.read_bytes() for path in STUDY.iterdir()}
    monkeypatch.setattr(study.clone, "make", lambda folder, force: io.StringIO())
    fails = lambda method, kappa: method == "vhp_rewo" and kappa == 0.7  # noqa: E731
    if force:
        failed = [row for row in partly(place, fails, "--force") if row["failed"] == "True"]
        assert [(row["method"], row["value"]) for row in failed] == [("vhp_rewo", "0.7")]
        return
    lost = r"found results at 0\.7 \(of vhp_rewo on digits, seed 0\), which the new study did not finish"
    with pytest.raises(SystemExit, match=rf"{lost}: nothing is replaced; .*FORCE=1"):
        place(fails)
    assert {path: path.read_bytes() for path in STUDY.iterdir()} == before


def test_what_failed_before_may_fail_again_or_be_finished_now(place, monkeypatch):
    fails = lambda method, kappa: method == "vhp_rewo" and kappa == 0.7  # noqa: E731
    first = partly(place, fails)
    monkeypatch.setattr(study.clone, "make", lambda folder, force: io.StringIO())
    assert partly(place, fails) == first
    assert {row["failed"] for row in place()} == {"False"}


def test_a_pipeline_that_fails_although_all_its_results_are_there_stops_the_study(place, monkeypatch):
    """For instance because the disk was full when DVC recorded the last one."""
    monkeypatch.setattr(study, "measured", lambda *_: {"failed": False})
    with pytest.raises(SystemExit, match=r"^study: kappa\.digits = 0\.5: found exit status 1 of the pipeline"):
        place(lambda *_: True)
    assert not Path("reports").exists()


ENDS_SLOWLY = """
import pathlib, signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler)
try:
    pathlib.Path("begun").touch()
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    pathlib.Path("ended").touch()
"""
WAITS = f"""
import pathlib, signal, sys
from stages.study import process
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    process.run([sys.executable, "-c", {ENDS_SLOWLY!r}], pathlib.Path())
except KeyboardInterrupt:
    sys.exit("interrupted" if pathlib.Path("ended").exists() else "it did not wait")
"""


@pytest.mark.parametrize(
    "number, send",
    [
        (signal.SIGINT, os.killpg),  # as the terminal does
        (signal.SIGTERM, os.kill),
        (signal.SIGHUP, os.kill),
    ],
)
def test_when_it_is_interrupted_the_pipeline_ends_its_stages_before_the_study_ends(tmp_path, number, send):
    heard = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # also where the tests run below nohup
    study_of = begun(tmp_path, heard + WAITS)
    send(study_of.pid, number)
    assert study_of.communicate(timeout=60)[1].strip() == "interrupted"


def test_a_hang_up_that_it_was_started_to_ignore_ends_neither_study_nor_pipeline(tmp_path):
    ignores = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"  # as nohup does
    ends = 'import pathlib, time\npathlib.Path("begun").touch()\ntime.sleep(1)\npathlib.Path("ended").touch()\n'
    study_of = begun(tmp_path, ignores + WAITS.replace(repr(ENDS_SLOWLY), repr(ends)))
    study_of.send_signal(signal.SIGHUP)
    assert study_of.communicate(timeout=60)[1] == "" and study_of.returncode == 0
    assert (tmp_path / "ended").exists()


def begun(folder: Path, program: str) -> subprocess.Popen:
    """A Python program in the folder, as soon as what it runs has begun."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    started = subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, process_group=0
    )
    deadline = time.monotonic() + 60
    while not (folder / "begun").exists():
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return started


def test_a_study_in_which_nothing_works_stops(place):
    with pytest.raises(SystemExit, match=r"study: no run was finished at any value of kappa\.digits"):
        place(lambda *_: True)
    assert not Path("reports").exists()


def study_of_kappa(bounds, constraints, method="vhp_rewo"):
    """Values 0.1, 0.2, ..., one seed each."""
    rows = []
    for i, (bound, constraint) in enumerate(zip(bounds, constraints, strict=True), start=1):
        row = {"method": method, "value": i / 10, "kappa": i / 10, "seed": 0}
        rows.append(row | {"best_validation_bound": bound, "constraint_final": constraint})
    return pd.DataFrame(rows)


def test_a_kappa_suits_where_the_constraint_holds_and_the_bound_is_near_its_best():
    results = study_of_kappa([-90.1, -90.0, -90.19, -90.3], [0.02, 0.03, 0.08, 0.1])
    assert suiting(results, "vhp_rewo") == [0.2, 0.3]  # at 0.1 C = 0.02 is above 0.01
    assert suiting(results, "vhp_rewo", within=0.4) == [0.2, 0.3, 0.4]
    assert suiting(results, "vhp_geco") == []


def test_a_mean_over_seeds_decides_and_every_seed_must_fulfil_the_constraint():
    first = study_of_kappa([-90, -90, -90], [0, 0, 0])
    second = study_of_kappa([-90, -90.6, -90], [0, 0, 0.5]).assign(seed=1)
    assert suiting(pd.concat([first, second]), "vhp_rewo") == [0.1]


def test_the_table_of_a_study_of_kappa_says_what_the_rule_takes(place):
    place(lambda *_: False)
    table = Path("reports/studies/laptop/kappa.digits/table.md").read_text()
    # The bound falls by 2 nats from 0.5 to 0.7, and C = 0.2 is below both squares.
    assert "the validation bound is within 0.2 nats of its best: κ = 0.5." in table


def test_no_kappa_is_chosen_by_another_methods_bound(place):
    place(lambda *_: False, "--methods", "vhp_geco")
    assert "within 0.2 nats" not in Path("reports/studies/laptop/kappa.digits/table.md").read_text()


def test_no_kappa_is_chosen_for_a_data_set_whose_own_does_not_vary(place):
    place(lambda *_: False, "--datasets", "pendulum", "digits")
    tables = Path("reports/studies/laptop/kappa.digits/table.md").read_text().split("# kappa.digits: ")[1:]
    of_values = [(text.split("\n")[0], text.count("within 0.2 nats")) for text in tables if ", paired" not in text]
    assert of_values == [("pendulum", 0), ("digits", 1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--values", "0.5", "[1]"], r"'\[1\]'.*one scalar"),
        (["--values", "0.5", "-1"], r"kappa\.digits = -1: .*kappa"),
        (["--methods", "vae"], r"^study: methods: .*vae"),
        (["--budget", "../vhp"], r"^study: budget: .*found '\.\./vhp'"),
        (["--datasets", "digit"], r"^study: datasets: .*digit"),
        (["--seeds", "-1"], r"^study: seeds: found \[-1\]"),
        (["--set", "model.d_z=0"], r"^study: model .*d_z: .*found 0"),
        (["--param", "../vhp"], r"study: \.\./vhp: found no  in params\.yaml"),
    ],
)
def test_a_value_that_cannot_be_stops_before_anything_runs(place, arguments, message):
    with pytest.raises(SystemExit, match=message):
        place(lambda *_: False, *arguments)
    assert not CLONE.exists() and yaml.safe_load(Path("params.yaml").read_text()) == PARAMS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--values", "0.5", "0.7", "0.50"], r"kappa\.digits = 0\.5: found the same configurations .* as at 0\.5"),
        (["--datasets", "pendulum"], r"kappa\.digits = 0\.7: found the same configurations .* as at 0\.5"),
        # The budget's own kappa goes before it.
        (["--param", "kappa.static_mnist", "--budget", "workstation"], r"kappa\.static_mnist = 0\.7: found the same"),
    ],
)
def test_values_that_make_the_same_runs_stop_before_anything_runs(place, arguments, message):
    with pytest.raises(SystemExit, match=message):
        place(lambda *_: False, *arguments)
    assert not CLONE.exists()


def test_the_data_set_that_the_parameter_names_need_not_be_chosen_in_params_yaml(place):
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"datasets": ["pendulum"]}))
    assert {row["dataset"] for row in place()} == {"digits"}


def test_an_unknown_parameter_stops_before_anything_runs(place):
    with pytest.raises(SystemExit, match=r"study: budgets\.huge: found no budgets\.huge"):
        place(lambda *_: False, "--set", "budgets.huge=1")
    with pytest.raises(SystemExit, match=r"^study: --set: found 'budget', expected NAME=VALUE"):
        place(lambda *_: False, "--set", "budget")
    assert not CLONE.exists()


@pytest.mark.parametrize(
    ("param", "other"),
    [
        ("kappa.digits", "kappa.digits=0.7"),
        ("kappa.digits", "kappa=0.7"),
        ("kappa", "kappa.digits=0.7"),
        ("budget", "budget=demo"),
    ],
)
def test_the_parameter_itself_is_not_set_beside_its_values(place, param, other):
    name = other.partition("=")[0]
    with pytest.raises(SystemExit, match=rf"^study: --set: found {name} beside --param {param}, expected names of"):
        place(lambda *_: False, "--param", param, "--set", other)
    assert not CLONE.exists()


def test_of_two_other_parameters_none_replaces_the_other(place):
    with pytest.raises(SystemExit, match=r"^study: --set: found kappa\.pendulum beside kappa, expected names of which"):
        place(lambda *_: False, "--param", "model.d_z", "--set", "kappa.pendulum=0.7", "kappa=0.5")
    assert {row["set"] for row in place(lambda *_: False, "--set", "kappa.pendulum=0.7")} == {"kappa.pendulum=0.7"}


def test_what_is_set_may_need_the_value():
    """More modes than the samples of params.yaml are enough for."""
    params, name = yaml.safe_load(yaml.safe_dump(PARAMS)), "budgets.laptop.evaluation.n_samples"
    study.set_value(params, "budgets.laptop.evaluation.refined.modes", 5_000)
    assert [at.value for at in study.at_each(params, name, [90_000])] == [90_000]
    with pytest.raises(ValueError, match=r"^budgets\.laptop\.evaluation\.n_samples \(\w+\): found 5000, expected"):
        study.at_each(params, name, [80])


# --- table and figure ---


def rows(values=(0.5, 0.7), seeds=(0, 1)):
    return [
        {"dataset": "digits", "method": m, "seed": s, "param": "kappa.digits", "value": v, "failed": False}
        | {"budget": "laptop", "kappa": v if m == "vhp_rewo" else None}
        | {key: value for part in result_of(m, s, float(v)) for key, value in part.items()}
        for v in values
        for m in ("iwae_l1", "vhp_rewo")
        for s in seeds
    ]


def test_the_table_has_means_over_the_seeds_and_each_methods_best_bound_in_bold():
    table = study_report.table(study_report.frame(rows()))
    cells = {row[:2]: row[2:] for row in table.rows}
    assert cells["0.5", "VHP + REWO"][:2] == ("25.05 ± 0.07", "-25.05 ± 0.07")
    assert cells["0.7", "VHP + REWO"][4:6] == ("0.49", "2 of 2") and cells["0.5", "VHP + REWO"][5] == "2 of 2"
    assert {(table.rows[i][:2], j) for i, j in table.bold} == {(("0.5", "VHP + REWO"), 3), (("0.5", "IWAE (L=1)"), 3)}


def test_a_study_of_methods_without_a_kappa_has_none_in_its_table(tmp_path):
    study_report.write([row for row in rows() if row["method"] == "iwae_l1"], [], tmp_path)
    assert (
        "| 0.5 | IWAE (L=1) | 25.55 ± 0.07 | **-25.55 ± 0.07** | 1 | 0.2 | – | – |"
        in (tmp_path / "table.md").read_text()
    )


def test_the_figure_shows_mean_and_deviation_at_each_value_in_order():
    figure = draw(study_report.frame(rows(values=(0.7, 0.5))))
    nll = figure.axes[0]
    rewo = nll.containers[0]
    np.testing.assert_allclose(rewo.lines[0].get_xdata(), [0.5, 0.7])
    np.testing.assert_allclose(rewo.lines[0].get_ydata(), [25.05, 27.05])
    (bars,) = rewo.lines[2]
    np.testing.assert_allclose([np.ptp(s[:, 1]) / 2 for s in bars.get_segments()], np.std([0, 0.1], ddof=1))
    constraint = figure.axes[3]
    dashed = [line for line in constraint.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(dashed[0].get_ydata(), [0.25, 0.49])
    assert figure.axes[2].get_yscale() == "log"


def test_values_over_more_than_a_decade_are_on_a_logarithmic_axis():
    assert draw(study_report.frame(rows(values=(0.01, 0.1, 1.0)))).axes[0].get_xscale() == "log"
