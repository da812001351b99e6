"""The search over settings: its trials, what it trains, and what it writes down. The pipeline itself is replaced."""

import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from stages.files import write_json, write_text
from stages.params import plain_yaml
from stages.params.problems import ParamsError
from stages.params.resolution import resolve
from stages.params.schema import Params
from stages.tuning import __main__ as tuning
from stages.tuning import report, rows, trials

ROOT = Path(__file__).parents[2]
REAL = plain_yaml.read(ROOT / "params.yaml")
PARAMS = REAL | {"methods": ["vhp_rewo", "vampprior"], "seeds": [0]}
TRIALS = {
    "budget": "laptop",
    "datasets": {
        "digits": {
            "always": {"training": {"epochs": 30}},
            "trials": {
                "decay 0": {"training": {"weight_decay": 0.0}},
                "decay 0.1": {"training": {"weight_decay": 0.1}},
                "200 pseudo-inputs": {
                    "training": {"weight_decay": 0.0},
                    "settings": {"vampprior": {"n_pseudo_inputs": 200}},
                },
            },
        }
    },
}


def search(tmp_path, content=TRIALS):
    (tmp_path / "trials.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return trials.read(tmp_path / "trials.yaml", "digits")


def with_trials(**of_digits):
    return TRIALS | {"datasets": {"digits": of_digits}}


# --- trials ---


def test_a_trial_is_params_yaml_with_its_values_in_place_of_its_own(tmp_path):
    before = json.dumps(PARAMS)
    found = search(tmp_path)
    configs = found.configs(PARAMS, found.trials["decay 0.1"])
    plain = found.configs(PARAMS, {})
    assert configs.keys() == {"digits-vhp_rewo-0", "digits-vampprior-0"}
    for name, config in configs.items():
        assert config["training"] == plain[name]["training"] | {"weight_decay": 0.1}
        assert config["training"]["epochs"] == 30 and config["run"]["budget"] == "laptop"
        assert {k: v for k, v in config.items() if k != "training"} == {
            k: v for k, v in plain[name].items() if k != "training"
        }
    assert json.dumps(PARAMS) == before


def test_a_trial_goes_before_what_a_method_has_of_its_own(tmp_path):
    params = json.loads(json.dumps(PARAMS))
    params["budgets"]["laptop"]["training_of"] = {"vampprior": {"weight_decay": 0.3}}
    found = search(tmp_path)
    for trial, expected in (({}, 0.3), (found.trials["decay 0.1"], 0.1)):
        assert found.configs(params, trial)["digits-vampprior-0"]["training"]["weight_decay"] == expected


def test_a_shared_setting_goes_before_what_the_budget_has_for_a_method(tmp_path):
    params = json.loads(json.dumps(PARAMS))
    params["budgets"]["laptop"].setdefault("settings", {})["vhp_rewo"] = {"K": 4}
    found = search(tmp_path)
    for trial, expected in (({}, 4), ({"settings": {"shared": {"K": 9}}}, 9)):
        assert found.configs(params, trial)["digits-vhp_rewo-0"]["method"]["K"] == expected


def test_a_kappa_goes_before_what_the_budget_has_for_a_method(tmp_path):
    params = json.loads(json.dumps(PARAMS | {"methods": ["vhp_rewo", "vhp_geco"]}))
    settings = params["budgets"]["laptop"].setdefault("settings", {})
    settings["vhp_geco"] = {"kappa": 0.4}
    settings.setdefault("shared", {})["kappa"] = 0.45
    found = search(tmp_path)
    for trial, expected in (({}, [0.45, 0.4]), ({"kappa": 0.3}, [0.3, 0.3])):
        configs = found.configs(params, trial)
        assert [configs[f"digits-{m}-0"]["method"]["kappa"] for m in ("vhp_rewo", "vhp_geco")] == expected


def test_a_budget_that_params_yaml_lacks_is_refused(tmp_path):
    params = json.loads(json.dumps(PARAMS))
    del params["budgets"]["laptop"]
    with pytest.raises(
        ParamsError, match=r"trials\.yaml\.budget: found laptop, expected one of params\.yaml, smoke, demo"
    ):
        search(tmp_path).configs(params, {})


def test_null_in_params_yaml_is_a_value_of_its_own(tmp_path):
    found = search(tmp_path, TRIALS | {"budget": "demo"})
    configs = found.configs(PARAMS, {"training": {"patience": 12}})
    assert configs["digits-vhp_rewo-0"]["training"]["patience"] == 12


@pytest.mark.parametrize("winner", ["decay 0", "decay 0.1"])
def test_the_trials_stay_what_they_are_when_one_of_them_is_adopted(tmp_path, winner):
    """Their rows are found again, and every method has as many."""
    found, params = search(tmp_path), json.loads(json.dumps(PARAMS))
    params["budgets"]["laptop"]["training_of"] = {"vampprior": {"weight_decay": {"digits": 0.1}}}
    params["budgets"]["laptop"]["training"] |= {
        k: {"default": v, "digits": v} for k, v in found.trials[winner]["training"].items()
    }
    before, after = ([(c.trial, c.run, c.settings) for c in found.cells(p)] for p in (PARAMS, params))
    assert before == after


def test_model_kappa_and_settings_can_be_tried(tmp_path):
    changes = {
        "model": {"d_z": 12},
        "kappa": 0.5,
        "settings": {"shared": {"K": 3}, "vampprior": {"n_pseudo_inputs": 7}},
    }
    configs = search(tmp_path, with_trials(trials={"all": changes})).configs(PARAMS, changes)
    rewo, vamp = configs["digits-vhp_rewo-0"], configs["digits-vampprior-0"]
    assert rewo["model"]["d_z"] == vamp["model"]["d_z"] == 12
    assert (rewo["method"]["kappa"], rewo["method"]["K"], vamp["method"]["n_pseudo_inputs"]) == (0.5, 3, 7)
    everyones = "kappa=0.5 model.d_z=12 settings.shared.K=3"
    assert trials.as_text([changes]) == f"{everyones} settings.vampprior.n_pseudo_inputs=7"
    assert trials.as_text([changes], "vampprior") == f"{everyones} settings.vampprior.n_pseudo_inputs=7"
    assert trials.as_text([changes], "vhp_rewo") == everyones


def test_another_network_can_be_tried(tmp_path):
    params = PARAMS | {"datasets": ["faces"]}
    search = trials.read(trials.TRIALS, "faces")
    config = search.configs(params, search.trials["patches of 8 x 8"])["faces-vampprior-0"]
    assert config["model"]["network"] == "patch" and config["model"]["patch"]["size"] == 8
    assert config["model"]["hidden"] in ([256], (256,))
    assert search.configs(params, search.trials["mlp"])["faces-vampprior-0"]["model"]["network"] == "mlp"


def test_a_trial_that_changes_nothing_for_a_method_is_none_of_its_own(tmp_path):
    cells = [(cell.trial, cell.run) for cell in search(tmp_path).cells(PARAMS)]
    assert cells == [
        *(("decay 0", "digits-vhp_rewo-0"), ("decay 0", "digits-vampprior-0")),
        *(("decay 0.1", "digits-vhp_rewo-0"), ("decay 0.1", "digits-vampprior-0")),
        ("200 pseudo-inputs", "digits-vampprior-0"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"trials\.yaml: found \[\], expected the mapping `datasets`"),
        (TRIALS | {"more": 1}, r"trials\.yaml\.more: unknown key"),
        (TRIALS | {"datasets": {"omniglot": {}}}, r"found no trials of digits, expected one of omniglot"),
        (TRIALS | {"datasets": {7: {}, "omniglot": {}}}, r"found no trials of digits, expected one of 7, omniglot"),
        (with_trials(trials=[]), r"digits: found \{'trials': \[\]\}, expected the mapping `trials`"),
        (with_trials(trials={}, other=1), r"digits\.other: unknown key; expected one of always, trials"),
        (with_trials(trials={"a": 3}), r"digits\.a: found 3, expected a mapping"),
        (with_trials(trials={"a": {"trainings": {}}}), r"digits\.a\.trainings: unknown key; did you mean 'training'"),
        (with_trials(trials={"a": {"training": 3}}), r"digits\.a\.training: found 3, expected a mapping"),
        (
            with_trials(trials={"a": {"settings": {"vampprior": 3}}}),
            r"a\.settings\.vampprior: found 3, expected a mapping",
        ),
        (TRIALS | {"budget": "lap"}, r"trials\.yaml\.budget: found lap, expected one of smoke, demo, laptop"),
        ({"datasets": TRIALS["datasets"]}, r"trials\.yaml\.budget: found None, expected one of smoke"),
        (
            with_trials(trials={"a": {"training": {"epochs": 3}, "kappa": 0.5}, "b": {"training": {"epochs": 4}}}),
            r"digits\.b: found no kappa, expected it, since another trial has it",
        ),
    ],
)
def test_a_file_that_is_no_list_of_trials_is_refused(tmp_path, content, message):
    with pytest.raises(ParamsError, match=message):
        search(tmp_path, content)


def test_a_value_that_params_yaml_could_not_have_is_refused_with_its_trial(tmp_path):
    wrong = with_trials(trials={"a rate": {"training": {"learning_rate": -1.0}}})
    with pytest.raises(ParamsError, match=r"(?s)trial 'a rate' of digits: .*learning_rate.*found -1"):
        search(tmp_path, wrong).cells(PARAMS)


def test_an_unknown_setting_of_a_method_is_refused(tmp_path):
    wrong = with_trials(trials={"more": {"settings": {"vampprior": {"n_pseudo": 3}}}})
    with pytest.raises(ParamsError, match=r"trial 'more' of digits: .*n_pseudo: unknown key; did you mean"):
        search(tmp_path, wrong).cells(PARAMS)


def test_the_committed_trials_are_the_same_for_every_method():
    for dataset in plain_yaml.read(trials.TRIALS)["datasets"]:
        found = trials.read(trials.TRIALS, dataset).cells(REAL)
        counts = pd.Series([cell.config["run"]["method"] for cell in found]).value_counts()
        assert set(counts.index) == set(REAL["methods"]) and counts.nunique() == 1


# --- training and rows ---

CLONE, FOLDER = Path("studies/tuning/digits"), Path("reports/tuning/laptop/digits")


def bound_of(method, training):
    return -20 - 10 * training["weight_decay"] - (1 if method == "vampprior" else 0)


@pytest.fixture
def tune(tmp_path, monkeypatch):
    """tune(*arguments) runs the command with a pipeline in its place; tune.trained lists what that trained."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS))
    search(tmp_path)
    monkeypatch.setattr(tuning.trials, "TRIALS", tmp_path / "trials.yaml")
    monkeypatch.setattr(
        tuning.clone, "make", lambda folder, force: folder.mkdir(parents=True, exist_ok=True) or io.StringIO()
    )

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tuning", "digits", *arguments])
        tuning.main()
        return rows.read(FOLDER / "trials.csv")

    def pipeline(command, place):
        assert place == CLONE and command[-2:] == ["--only", "train"]
        params, status = plain_yaml.read(place / "params.yaml"), run.status
        for name, config in resolve(Params.model_validate(params)).items():
            method, folder = config["run"]["method"], place / "runs" / "digits" / name
            run.trained.append((method, config["training"]["weight_decay"]))
            if run.stops_after and len(run.trained) > run.stops_after:
                raise KeyboardInterrupt
            if (method, config["training"]["weight_decay"]) in run.fails:
                status = 1
                continue
            training = dict.fromkeys(rows.TRAINING, 1)
            training |= {"converged": None, "falls_from": run.falls_from, "best_epoch": 2}
            bound = bound_of(method, config["training"])
            write_json(folder / "training.json", training | {"best_validation_bound": bound, "constraint_final": 0.2})
            write_json(folder / "training_time.json", {"seconds": 90, "device": "cpu: 1", "revision": "0123456789ab"})
            history = "epoch,loss,beta,reconstruction,kl\n1,30,1,20,5\n2,19.5,2,11.5,4\n3,9,1,8,4\n"
            write_text(folder / "history.csv", history)
            write_json(place / "runs" / "configs" / f"{name}.json", config | {"code": {"train": "0" * 16}})
        return status

    run.trained, run.fails, run.stops_after, run.status, run.falls_from = [], set(), 0, 0, None
    monkeypatch.setattr(tuning.pipeline.process, "run", pipeline)
    return run


ALL = [("vhp_rewo", 0.0), ("vampprior", 0.0), ("vhp_rewo", 0.1), ("vampprior", 0.1), ("vampprior", 0.0)]


def test_every_trial_of_every_method_is_a_row_with_its_own_numbers(tune):
    found = tune()
    assert tune.trained == ALL and len(found) == 5
    assert found["method"].tolist() == ["vhp_rewo"] * 2 + ["vampprior"] * 3
    for row in found.to_dict("records"):
        assert row["best_validation_bound"] == bound_of(
            row["method"], {"weight_decay": float(row["trial"] == "decay 0.1") / 10}
        )
        assert (row["loss"], row["minutes"], row["code"]) == (15.5, 1.5, "0" * 16)
        assert row["kappa"] == 0.55 if row["method"] == "vhp_rewo" else pd.isna(row["kappa"])
        assert pd.isna(row["converged"]) and pd.isna(row["falls_from"])
    expected = "settings.vampprior.n_pseudo_inputs=200 training.epochs=30 training.weight_decay=0.0"
    assert found["changed"].iloc[-1] == expected


def test_the_loss_is_that_at_a_beta_of_one_whatever_beta_was():
    history = pd.DataFrame({"epoch": [1, 2], "loss": [900.0, 31.0], "reconstruction": [20.0, 25.0], "kl": [8.0, 9.0]})
    assert rows.loss_at_one(history, 1, {"kappa": 0.3}) == 28
    assert rows.loss_at_one(history, 2, {"n_importance": 8}) == 31  # tighter than the terms' sum


def test_the_rate_may_fall_within_an_epoch(tune):
    tune.falls_from = 66.7
    found = tune("--trials", "decay 0")
    assert found["falls_from"].tolist() == [66.7, 66.7]


def test_what_another_trial_left_is_not_taken_for_one_that_never_began(tune, monkeypatch):
    tune("--methods", "vhp_rewo", "--trials", "decay 0")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning.pipeline, "write_text", interrupted)
    with pytest.raises(SystemExit, match="interrupted"):
        tune("--methods", "vhp_rewo", "--trials", "decay 0.1")
    assert rows.read(FOLDER / "trials.csv")["trial"].tolist() == ["decay 0"]


def test_rows_of_other_settings_are_left_out_of_the_table(tune):
    tune()
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"model": {"d_z": 5}}))
    tune("--table")
    text = (FOLDER / "table.md").read_text()
    assert "VHP + REWO 0 of 2, VampPrior 0 of 3" in text and "of other settings than these, 5." in text
    assert not [line for line in text.splitlines() if line.startswith("| V")]
    assert text.endswith("\n- Numbers in full: trials.csv.\n")


def test_what_has_a_row_is_not_trained_again(tune, caplog):
    caplog.set_level("INFO")
    before = tune("--methods", "vampprior")
    assert len(before) == 3
    tune.trained.clear()
    after = tune()
    assert "3 of 5 rows are there; 2 to train" in caplog.messages
    assert tune.trained == [("vhp_rewo", 0.0), ("vhp_rewo", 0.1)] and len(after) == 5
    assert after[after["method"] == "vampprior"].reset_index(drop=True).equals(before)
    tune.trained.clear()
    assert tune().equals(after) and not tune.trained


def test_a_row_of_other_settings_is_not_taken_for_the_trial(tune):
    tune("--trials", "decay 0.1")
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"model": {"d_z": 5}}))
    with pytest.raises(
        SystemExit, match=r"tuning: digits, vhp_rewo, decay 0\.1, 0: found a row of the settings \w+, expected \w+"
    ):
        tune()


def test_a_training_that_fails_has_no_row_and_the_others_have_theirs(tune, caplog):
    caplog.set_level("INFO")
    tune.fails = {("vampprior", 0.1)}
    with pytest.raises(SystemExit, match=r"tuning: 1 of 5 trainings were not finished; the errors are above"):
        tune()
    assert "not finished: decay 0.1, digits-vampprior-0" in caplog.text
    found = rows.read(FOLDER / "trials.csv")
    assert len(found) == 4 and not ((found["method"] == "vampprior") & (found["trial"] == "decay 0.1")).any()


def test_what_was_finished_before_ctrl_c_has_its_row(tune):
    tune.stops_after = 3
    with pytest.raises(SystemExit, match="tuning: interrupted; repeat the command to resume"):
        tune()
    found = rows.read(FOLDER / "trials.csv")
    assert list(zip(found["method"], found["trial"], strict=True)) == [
        *(("vhp_rewo", "decay 0"), ("vhp_rewo", "decay 0.1")),
        ("vampprior", "decay 0"),
    ]
    assert "3 of" not in (FOLDER / "table.md").read_text() and "VampPrior 1 of 3" in (FOLDER / "table.md").read_text()


def test_a_pipeline_that_fails_with_all_trainings_finished_is_an_error(tune):
    tune.status = 1
    with pytest.raises(SystemExit, match=r"tuning: found exit status 1 of the pipeline, expected 0"):
        tune("--trials", "decay 0")
    assert len(rows.read(FOLDER / "trials.csv")) == 2


def test_seeds_are_rows_of_their_own_and_the_best_trial_is_that_of_the_best_mean(tune):
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {"seeds": [0, 3]}))
    found = tune("--methods", "vhp_rewo")
    assert found[["trial", "seed"]].values.tolist() == [
        ["decay 0", 0],
        ["decay 0", 3],
        ["decay 0.1", 0],
        ["decay 0.1", 3],
    ]
    lines = [line for line in (FOLDER / "table.md").read_text().splitlines() if line.startswith("| V")]
    assert ["**" in line for line in lines] == [True, True, False, False]
    assert [line.split(" | ")[2] for line in lines] == ["0", "3", "0", "3"]
    tune.trained.clear()
    frame = found[(found["trial"] == "decay 0.1") | (found["seed"] == 0)]
    write_text(FOLDER / "trials.csv", frame.to_csv(index=False))
    tune("--methods", "vhp_rewo")
    assert tune.trained == [("vhp_rewo", 0.0)]


@pytest.mark.parametrize("option", ["--methods", "--trials"])
def test_an_unknown_method_or_trial_is_refused(tune, option):
    with pytest.raises(SystemExit, match=r"tuning: found no decay 7, expected some of (vhp_rewo|decay 0), "):
        tune(option, "decay 7")
    assert not tune.trained


def test_trials_that_are_none_of_the_methods_are_refused(tune):
    with pytest.raises(
        SystemExit, match=r"tuning: found no trials of digits for vhp_rewo among 200 pseudo-inputs, expected some"
    ):
        tune("--methods", "vhp_rewo", "--trials", "200 pseudo-inputs")
    assert not tune.trained and not FOLDER.exists()


@pytest.mark.parametrize("header", [False, True])
def test_without_rows_there_is_no_table_and_it_says_so(tune, header):
    if header:
        write_text(FOLDER / "trials.csv", ",".join(rows.COLUMNS) + "\n")
    with pytest.raises(
        SystemExit, match=r"tuning: found no trials of digits in reports/.*trials\.csv, expected .*run without --table"
    ):
        tune("--table")
    assert not (FOLDER / "table.md").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("trial,", "trail,", 1), r"trials\.csv: found the columns .*trail.*expected .*trial"),
        (
            lambda text: text + text.splitlines()[1] + "\n",
            r"trials\.csv: found two rows of digits, vhp_rewo, decay 0, 0, expected",
        ),
        (lambda text: text.replace(",15.5,", ",much,", 1), r"trials\.csv cannot be read \(.*much.*\); `git checkout"),
        (lambda text: text.replace(",0,", ",,", 1), r"trials\.csv cannot be read \(.*\); `git checkout"),
    ],
)
def test_a_damaged_table_is_refused(tune, damage, message):
    tune()
    file = FOLDER / "trials.csv"
    file.write_text(damage(file.read_text()))
    with pytest.raises(SystemExit, match=message):
        tune()


# --- the table ---


def test_the_table_has_the_best_of_each_method_in_bold_and_says_which_params_yaml_has(tune, capsys):
    tune()
    text = (FOLDER / "table.md").read_text()
    assert text == capsys.readouterr().out
    lines = [line for line in text.splitlines() if line.startswith("| V")]
    assert ["**-20.00**" in line for line in lines] == [True, False, False, False, False]
    assert ["**-21.00**" in line for line in lines] == [False, False, True, False, True]
    # params.yaml has no decay, and 100 pseudo-inputs.
    assert [line.endswith("| yes |") for line in lines] == [True, False, True, False, False]
    # 19.5 with beta = 2 is 15.5 with 1; how far the bound is from it
    assert "| 15.50 | 4.50 |" in lines[0]
    assert "Trained: VHP + REWO 2 of 2, VampPrior 3 of 3." in text
    assert "decay 0.1: training.epochs=30 training.weight_decay=0.1" in text


def test_the_table_is_made_from_the_rows_alone(tune):
    tune()
    before = (FOLDER / "table.md").read_text()
    (FOLDER / "table.md").unlink()
    tune.trained.clear()
    tune("--table")
    assert (FOLDER / "table.md").read_text() == before and not tune.trained


def test_committed_tables_are_those_of_their_rows_and_of_params_yaml(monkeypatch):
    monkeypatch.chdir(ROOT)
    for file in sorted(Path("reports", "tuning").glob("*/*/trials.csv")):
        found = rows.read(file)
        text = report.text(found, trials.read(trials.TRIALS, file.parent.name), REAL)
        assert file.with_name("table.md").read_text(encoding="utf-8") == text
