"""The regression check, on small tables. tests/check/test_agreement.py has the part that asks DVC."""

import shutil

import pandas as pd
import pytest
from check_command import outcome
from small_results import NOW, RESULTS, SMOOTHNESS, THEN, lay, tamper

from stages.check import verdicts
from stages.check.baseline import unmatched
from stages.check.regression import RegressionError, compare, differences


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay()


def faults() -> list[str]:
    return [str(c) for c in compare(NOW, THEN) if c.fault]


def test_equal_results_have_no_fault():
    assert len(compare(NOW, THEN)) == 8
    assert faults() == []


@pytest.mark.parametrize(("nll", "worse"), [("22.27", False), ("22.28", True), ("15.0", False)])
def test_an_nll_is_worse_beyond_three_standard_errors_of_the_difference(nll, worse):
    """3 sqrt(2) 0.3 = 1.2728"""
    tamper("results.csv", "21.0", nll)
    assert [f.startswith("NLL of digits-vhp_rewo-0: ") and "tolerance 1.2728" in f for f in faults()] == [True] * worse


@pytest.mark.parametrize(("mean", "worse"), [("0.712", False), ("0.713", True), ("0.1", False)])
def test_a_smoothness_factor_is_worse_beyond_three_standard_errors_of_the_difference(mean, worse):
    """The standard error is 0.2 / sqrt(16) = 0.05, and 3 sqrt(2) 0.05 = 0.2121."""
    tamper("smoothness.csv", "0.5", mean)
    expected = "smoothness of digits-vhp_rewo-0, joint all: "
    assert [f.startswith(expected) and "tolerance 0.2121" in f for f in faults()] == [True] * worse


def test_a_refined_nll_is_compared_as_the_other():
    tamper("results.csv", "20.8,0.2", "21.7,0.2")
    expected = "refined NLL of digits-vhp_rewo-0: 21.7000 is worse than 20.8000 by 0.9000, tolerance 0.8485"
    assert faults() == [expected]


def test_results_without_a_refined_nll_are_compared_by_the_other():
    for folder in (NOW, THEN):
        frame = pd.read_csv(folder / "results.csv")
        frame.drop(columns=["refined_nll", "refined_nll_se"]).to_csv(folder / "results.csv", index=False)
    tamper("results.csv", "21.0,0.3", "23.0,0.3")
    assert [fault.partition(":")[0] for fault in faults()] == ["NLL of digits-vhp_rewo-0"]


def test_a_few_broken_examples_are_seen_though_they_raise_the_error_as_well():
    """One example of 300 at 1e5 nats: mean 354.3, standard error 333."""
    tamper("results.csv", "21.0,0.3", "354.3,333.3")
    [fault] = faults()
    assert fault.startswith("NLL of digits-vhp_rewo-0: ")
    assert fault.endswith("tolerance 1.2728")


@pytest.mark.parametrize(("share", "worse"), [("0.15", False), ("0.2", True)])
def test_more_pairs_without_a_path_are_worse(share, worse):
    """Of 20 pairs none: s = sqrt(1/22 (1 - 1/22) / 20) = 0.0466, and 3 sqrt(2) s = 0.1976."""
    tamper("interpolation.csv", "20,0.0", f"20,{share}")
    expected = "pairs without a path of digits-vhp_rewo-0: "
    assert [f.startswith(expected) and "tolerance 0.1976" in f for f in faults()] == [True] * worse


def test_a_missing_run_is_named():
    tamper("results.csv", "digits,iwae_l1,0,22.0,0.4,,,300,5000\n", "")
    missing = "of digits-iwae_l1-0: missing, the baseline has it"
    assert faults() == [f"NLL {missing}", f"refined NLL {missing}"]


def test_a_new_run_is_not_worse_and_stands_in_the_table_and_asks_for_a_row_of_the_baseline():
    tamper("results.csv", "digits,iwae_l1", "digits,vampprior,0,20.0,0.3,20.0,0.3,300,5000\ndigits,iwae_l1")
    assert faults() == []
    assert "digits-vampprior-0" in differences(NOW, THEN, "")[0]
    expected = f"{THEN / 'results.csv'}: found no row digits, vampprior, 0, {NOW / 'results.csv'} has one"
    assert [fault.partition(";")[0] for fault in unmatched(NOW, THEN)] == [expected]


def test_a_value_that_vanished_is_a_fault_and_one_that_appeared_is_none():
    tamper("smoothness.csv", "0.5,0.2,16", ",,0")
    assert faults() == ["smoothness of digits-vhp_rewo-0, joint all: no value, the baseline has 0.5"]
    (THEN / "smoothness.csv").write_text((NOW / "smoothness.csv").read_text())
    (NOW / "smoothness.csv").write_text(SMOOTHNESS)
    assert faults() == []


def test_results_on_fewer_images_are_not_comparable():
    tamper("results.csv", "0.2,300", "0.2,100")
    changed = "of digits-vhp_rewo-0: not comparable with the baseline: n_test 100 instead of 300"
    assert faults() == [f"NLL {changed}", f"refined NLL {changed}"]


def test_smoothness_along_other_frames_is_not_comparable():
    tamper("interpolation.csv", "vhp_rewo,0,2000,10,60", "vhp_rewo,0,2000,10,120")
    expected = (
        "smoothness of digits-vhp_rewo-0, joint all: not comparable with the baseline: n_frames 120 instead of 60"
    )
    assert faults() == [expected]


@pytest.mark.parametrize("text", ["", "21.0,0.3,300,5000\n", RESULTS.replace("21.0", "twenty-one")])
def test_a_file_without_numbers_is_an_error_that_names_the_folder(text):
    (NOW / "results.csv").write_text(text)
    with pytest.raises(RegressionError, match=r"reports/smoke: expected other .* in results\.csv"):
        compare(NOW, THEN)


def test_a_run_that_is_there_twice_is_an_error():
    (NOW / "results.csv").write_text(RESULTS + RESULTS.splitlines()[1] + "\n")
    with pytest.raises(RegressionError, match="several NLL rows"):
        compare(NOW, THEN)


@pytest.mark.parametrize(
    ("gone", "remedy"), [(NOW, "`make table` makes it; commit it with dvc.lock"), (THEN, "`make baseline` makes it")]
)
def test_what_is_not_committed_is_a_fault(monkeypatch, gone, remedy):
    shutil.rmtree(gone)
    code = outcome(monkeypatch)
    assert code.startswith("check: nothing compared") and f"{gone} is missing: {remedy}" in code
    assert "dvc.lock is missing" in code  # it is not in this folder either


def test_a_verdict_that_changed_is_named_with_both():
    assert verdicts.changed(NOW, THEN) == []
    tamper("claims.csv", "omniglot,vhp_geco,,not reproduced,partly", "omniglot,vhp_geco,,reproduced,reproduced")
    tamper("claims.csv", "pendulum,vhp_geco,,reproduced,partly", "pendulum,vhp_geco,,reproduced,reproduced")
    assert verdicts.changed(NOW, THEN) == [
        "verdict on claim beta: reproduced, the baseline has partly",
        "verdict on case beta log_beta omniglot vhp_geco: reproduced, the baseline has not reproduced",
    ]


def test_a_verdict_that_is_gone_is_named_and_a_new_one_is_no_fault():
    tamper("claims.csv", "pendulum", "motion")
    case = "case beta log_beta pendulum vhp_geco"
    assert verdicts.changed(NOW, THEN) == [f"verdict on {case}: missing, the baseline has reproduced"]


def test_a_baseline_without_verdicts_is_an_error_that_names_the_file():
    (THEN / "claims.csv").unlink()
    with pytest.raises(RegressionError, match=r"missing: reports/baseline/smoke/claims\.csv"):
        verdicts.changed(NOW, THEN)
    (THEN / "claims.csv").write_text("claim,verdict\n")
    with pytest.raises(RegressionError, match=r"claims\.csv: expected the columns"):
        verdicts.changed(NOW, THEN)
