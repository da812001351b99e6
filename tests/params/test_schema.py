"""params.yaml: what is refused, with which message, and what a run's configuration depends on."""

import copy
import math
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
import yaml

from stages.params.problems import ParamsError
from stages.params.reading import read
from stages.params.resolution import resolve
from stages.params.schema import Budget
from vhp.seeds import STRIDE

PARAMS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
# Whatever matrix the file asks for at the moment.
PARAMS |= {"datasets": ["pendulum", "digits"], "methods": ["vhp_rewo", "vhp_geco", "iwae_l1"], "seeds": [0]}
ON_DIGITS = {"default": "mlp", "digits": "patch"}
PATCH = {"size": 4, "channels": 6, "depth": 2, "encoder_channels": 8, "encoder_depth": 1, "dropout": 0.0}


@pytest.fixture
def write(tmp_path):
    """Writes params.yaml with some values replaced (names joined by two underscores) and returns its path."""

    def write(**changes):
        params = copy.deepcopy(PARAMS)
        for name, value in changes.items():
            *parents, last = name.split("__")
            node = params
            for key in parents:
                node = node[key]
            node[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(params))
        return path

    return write


def configs(path):
    return resolve(read(path))


def test_the_committed_file_is_valid_for_every_budget(write):
    for budget in get_args(Budget):
        runs = configs(write(budget=budget))
        assert len(runs) == len(PARAMS["datasets"]) * len(PARAMS["methods"]) * len(PARAMS["seeds"])


def test_every_combination_is_a_run(write):
    runs = configs(write(datasets=["digits"], methods=["iwae_l1", "vhp_geco"], seeds=[0, 7]))
    assert list(runs) == ["digits-iwae_l1-0", "digits-iwae_l1-7", "digits-vhp_geco-0", "digits-vhp_geco-7"]
    assert runs["digits-vhp_geco-7"]["run"] == {
        "dataset": "digits",
        "method": "vhp_geco",
        "seed": 7,
        "budget": PARAMS["budget"],
    }


def test_kappa_touches_the_constrained_runs_of_its_data_set_and_no_others(write):
    before = configs(write())
    after = configs(write(kappa__digits=0.123))
    assert {name for name in before if before[name] != after[name]} == {"digits-vhp_rewo-0", "digits-vhp_geco-0"}
    assert after["digits-vhp_rewo-0"]["method"]["kappa"] == 0.123


def test_the_network_class_is_a_parameter_of_the_budget(write):
    networks = {"default": "mlp", "digits": "conv"}
    hidden = {"default": [64], "digits": [8, 16]}
    runs = configs(write(budget="laptop", budgets__laptop__network=networks, budgets__laptop__hidden=hidden))
    found = {name: (config["model"]["network"], config["model"]["hidden"]) for name, config in runs.items()}
    assert found["digits-vhp_rewo-0"] == found["digits-iwae_l1-0"] == ("conv", [8, 16])
    assert found["pendulum-vhp_rewo-0"] == ("mlp", [64])


def test_the_settings_of_patches_belong_to_the_runs_that_have_patches(write):
    patch = PATCH | {"size": {"default": 4, "digits": 2}}
    runs = configs(write(budget="smoke", budgets__smoke__network=ON_DIGITS, budgets__smoke__patch=patch))
    assert runs["digits-vhp_rewo-0"]["model"]["patch"] == PATCH | {"size": 2}
    assert "patch" not in runs["pendulum-vhp_rewo-0"]["model"]


OWN = {
    "budgets__smoke__kappa": {"digits": 0.2},
    "budgets__smoke__settings": {"shared": {"K": 3, "nu": {"digits": 0.7}}, "vhp_geco": {"K": 5}},
}


def test_a_budgets_own_settings_go_before_the_general_ones(write):
    general = configs(write(budget="smoke", settings__vhp_rewo=PARAMS["settings"]["vhp_rewo"] | {"K": 9}))
    own = configs(write(budget="smoke", settings__vhp_rewo=PARAMS["settings"]["vhp_rewo"] | {"K": 9}, **OWN))
    assert own["digits-vhp_rewo-0"]["method"] == general["digits-vhp_rewo-0"]["method"] | {
        "kappa": 0.2,
        "K": 3,
        "nu": 0.7,
    }
    assert own["digits-vhp_geco-0"]["method"] == general["digits-vhp_geco-0"]["method"] | {
        "kappa": 0.2,
        "K": 5,
        "nu": 0.7,
    }
    # The mappings name digits alone: the pendulum keeps the general kappa and nu.
    assert own["pendulum-vhp_rewo-0"]["method"] == general["pendulum-vhp_rewo-0"]["method"] | {"K": 3}
    assert configs(write(budget="laptop", **OWN)) == configs(write(budget="laptop"))


def test_a_method_may_have_training_settings_of_its_own_for_some_data_sets(write):
    own = {"iwae_l1": {"learning_rate": 1e-5, "weight_decay": {"digits": 0.25}}}
    before, after = configs(write()), configs(write(budgets__laptop__training_of=own))
    changed = {run for run in before if before[run] != after[run]}
    assert changed == {"digits-iwae_l1-0", "pendulum-iwae_l1-0"}
    digits, pendulum = (after[f"{dataset}-iwae_l1-0"]["training"] for dataset in ("digits", "pendulum"))
    assert digits["learning_rate"] == pendulum["learning_rate"] == 1e-5
    assert (digits["weight_decay"], pendulum["weight_decay"]) == (0.25, 0.0)
    assert digits == before["digits-iwae_l1-0"]["training"] | {"learning_rate": 1e-5, "weight_decay": 0.25}


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"vamprior": {}}, "budgets.laptop.training_of.vamprior: unknown key; did you mean 'vampprior'?"),
        (
            {"vampprior": {"weight_decay": {"fashion": 0.1}}},
            "budgets.laptop.training_of.vampprior.weight_decay.fashion: unknown key; did you mean 'fashion_mnist'?",
        ),
        (
            {"vampprior": {"learning_rat": 0.1}},
            "budgets.laptop.training_of.vampprior.learning_rat: unknown key; did you mean 'learning_rate'?",
        ),
        (
            {"vampprior": {"weight_decay": {"omniglot": -1.0}}},
            "budgets.laptop.training_of.vampprior (omniglot): weight_decay: found -1.0, expected a number from 0 to",
        ),
    ],
)
def test_a_mistake_in_a_methods_training_settings_is_named_also_where_it_is_not_chosen(write, own, message):
    with pytest.raises(ParamsError) as error:
        configs(write(budgets__laptop__training_of=own))
    assert message in str(error.value)


def test_a_single_kappa_stands_for_every_data_set(write):
    runs = configs(write(kappa=0.3))
    found = {name: config["method"].get("kappa") for name, config in runs.items()}
    assert all((kappa == 0.3) == ("vhp" in name) for name, kappa in found.items())


def test_a_data_set_takes_its_own_value_before_the_default(write):
    runs = configs(write(model__d_z={"default": 5, "digits": 3}))
    assert runs["digits-iwae_l1-0"]["model"]["d_z"] == 3
    assert runs["pendulum-iwae_l1-0"]["model"]["d_z"] == 5


def test_a_methods_own_setting_goes_before_the_shared_one(write):
    runs = configs(write(settings__vhp_geco={"nu": 3.5}))
    assert runs["digits-vhp_geco-0"]["method"]["nu"] == 3.5
    assert runs["digits-vhp_rewo-0"]["method"]["nu"] == PARAMS["settings"]["shared"]["nu"]["digits"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kapa": 0.3}, "kapa: unknown key; did you mean 'kappa'?"),
        ({"budget": "lunch"}, "budget: .*'smoke', 'demo', 'laptop', 'workstation' or 'paper'.*found 'lunch'"),
        ({"datasets": ["digit"]}, "datasets: unknown data set 'digit'; expected one of"),
        ({"datasets": []}, "datasets: found .*, expected at least one"),
        ({"methods": ["nonesuch"]}, "methods: unknown method 'nonesuch'; expected one of iwae_l1"),
        ({"seeds": [0, 0]}, "seeds: found .*none twice"),
        ({"seeds": [-1]}, "seeds: .*from 0"),
        ({"seeds": ["a"]}, "seeds.0: .*valid integer.*found 'a'"),
        ({"kappa__digits": -0.1}, r"kappa: found -0.1, expected a positive number"),
        ({"kappa__mnist": 0.1}, "kappa.mnist: unknown key; did you mean"),
        ({"kappa": {"pendulum": 0.1, "static_mnist": 0.1}}, "kappa: found no value for 'digits'; add `digits: ...`"),
        ({"settings__shared__K": 0}, "settings.vhp_.*K: found 0, expected at least 1"),
        ({"settings__shared__alfa": 0.9}, "settings.shared.alfa: unknown key; did you mean 'alpha'?"),
        ({"settings__vhp_geco": {"tau": 1.0}}, "settings.vhp_geco.tau: unknown key"),
        ({"budgets__laptop__training__learning_rate": "fast"}, "laptop.*learning_rate: .*number.*found 'fast'"),
        ({"budgets__laptop__training__learning_rate": math.inf}, r"learning_rate .*found inf, expected a finite"),
        ({"settings__shared__alpha": math.nan}, r"settings.vhp_.*alpha .*found nan, expected a finite number"),
        ({"seeds": [0, 2 * 10**13]}, r"seeds: .*found 20000000000000, expected a number from 0 to 18446688733"),
        ({"seeds": ["x" * 1000]}, r"seeds.0: .*found 'x{99}\.\.\.\)$"),
        ({"budgets__laptop__training__epochs": True}, "laptop.training.*epochs: .*integer.*found True"),
        ({"budgets__paper__training__epochs": 0}, "paper.training.*epochs: found 0, expected at least 1"),
        ({"budgets__laptop__training__epoch": 3}, "laptop.training.epoch: unknown key; did you mean 'epochs'?"),
        ({"budgets__laptop__evaluation__n_samples": 1}, "laptop.evaluation.*n_samples: found 1, expected at least 2"),
        (
            {"budgets__laptop__evaluation__refined": 3},
            "laptop.evaluation.refined: found 3, expected a mapping, or null",
        ),
        ({"budgets__laptop__evaluation__refined__modes": 0}, "evaluation.refined.*modes: found 0, expected at least 1"),
        ({"budgets__laptop__evaluation__refined__mode": 1}, "refined.mode: unknown key; did you mean 'modes'?"),
        (
            {"budgets__smoke__evaluation__n_samples": 7},
            r"smoke.evaluation.n_samples \(.*\): found 7, expected at least 8, for a proposal of 2 modes",
        ),
        ({"budgets__laptop__training__precision": "fp8"}, "laptop.training.*precision: found 'fp8', expected one of"),
        ({"budgets__laptop__network": "cnn"}, "model .*network: found 'cnn', expected one of mlp, conv, patch"),
        ({"model__d_z": 1}, "d_z: found 1, expected at least 2: the figures show planes"),
        ({"budgets__laptop__training__least_gain": 0}, "least_gain: found 0.0, expected a positive number"),
        ({"budgets__laptop__network": 3}, r"budgets.laptop.network: .*valid string \(found 3\)"),
        (
            {"budgets__paper__network": "conv", "budgets__paper__hidden": [8, 8]},
            r"budgets.paper.network \(motion\): found conv for examples that are not images, expected mlp",
        ),
        (
            {"budgets__paper__network": {"default": "mlp", "digits": "conv"}, "budgets__paper__hidden": [1] * 4},
            r"budgets.paper.hidden \(digits\): .*4 resolutions and images of 8 x 8 pixels",
        ),
        (
            {"budgets__smoke__network": "patch", "budgets__smoke__patch": PATCH},
            r"budgets.smoke.network \(motion\): found patch for examples that are not images, expected mlp",
        ),
        (
            {"budgets__smoke__network": ON_DIGITS, "budgets__smoke__patch": PATCH | {"size": 3}},
            r"budgets.smoke.patch.size \(digits\): .*3 x 3 pixels and images of 8 x 8, .*divides the side: 1, 2, 4, 8$",
        ),
        (
            {"budgets__smoke__network": ON_DIGITS, "budgets__smoke__patch": PATCH | {"sise": 4}},
            r"budgets.smoke.patch.sise: unknown key; did you mean 'size'",
        ),
        ({"budgets__smoke__network": ON_DIGITS}, r"budgets.smoke.patch \(digits\).size: Field required"),
        (
            {"budgets__smoke__network": ON_DIGITS, "budgets__smoke__patch": PATCH | {"dropout": 1.0}},
            r"budgets.smoke.patch \(digits\): dropout: found 1.0, expected a number from 0 to 0.9",
        ),
        ({"budgets__smoke__kappa": {"digit": 0.2}}, "budgets.smoke.kappa.digit: unknown key; did you mean 'digits'?"),
        (
            {"budgets__smoke__settings": {"vhp_rewoo": {}}},
            "smoke.settings.vhp_rewoo: unknown key; did you mean",
        ),
        ({"budgets__smoke__settings": {"shared": {"k": 3}}}, "budgets.smoke.settings.shared.k: unknown key"),
        (
            {"budgets__smoke__settings": {"shared": {"K": {"digit": 3}}}},
            "budgets.smoke.settings.shared.K.digit: unknown key; did you mean 'digits'?",
        ),
        ({"budgets__laptop__interpolation__n_nodes": 10}, "n_nodes: found 10, expected more than k = 10"),
        ({"budgets__laptop__interpolation__trim": 0.996}, "n_nodes: found 2000, of which trim = 0.996 leaves expected"),
        ({"budgets__laptop__interpolation__trim": 1.0}, "trim: found 1.0, expected a share in"),
    ],
)
def test_a_mistake_is_named_with_its_key(write, change, message):
    with pytest.raises(ParamsError, match=message):
        configs(write(**change))


def test_a_wrong_number_in_a_mapping_is_the_only_thing_said(write):
    path = write(kappa=PARAMS["kappa"] | {"digits": "0.55"}, budgets__laptop__hidden={"default": ["8"]})
    with pytest.raises(ParamsError) as refused:
        read(path)
    number, whole = str(refused.value).splitlines()
    assert number == f"{path}: kappa.digits: Input should be a valid number (found '0.55')"
    assert whole == "budgets.laptop.hidden.default.0: Input should be a valid integer (found '8')"


def test_a_mistake_is_named_with_the_file_once(write):
    with pytest.raises(ParamsError) as refused:
        read(path := write(settings__vhp_rewo__tau="five"))
    assert str(refused.value).startswith(f"{path}: settings.vhp_rewo (pendulum).tau: Input should be a valid number")


def test_a_missing_setting_is_named(write):
    training = {k: v for k, v in PARAMS["budgets"]["laptop"]["training"].items() if k != "epochs"}
    with pytest.raises(ParamsError, match=r"laptop.training.*epochs: Field required"):
        configs(write(budgets__laptop__training=training))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"budget: [", "not YAML"),
        (b"", "found None, expected a mapping"),
        (b"- budget\n", r"found \['budget'\], expected a mapping"),
        ("budget: laptop # \xe0 la carte".encode("latin-1"), "line 1: found the byte 0xe0, expected UTF-8"),
    ],
)
def test_a_file_that_is_no_mapping_in_yaml_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(ParamsError, match=rf"params\.yaml: .*{message}"):
        read(path)


@pytest.mark.parametrize("text", ["5e-05", "1e-6", "1E-6", "1.e-6"])  # the first is what `dvc exp run -S` writes
def test_small_numbers_are_numbers_however_they_are_written(write, text):
    path = write(budgets__laptop__training__learning_rate=0.123)
    path.write_text(path.read_text().replace("0.123", text))
    assert configs(path)["digits-iwae_l1-0"]["training"]["learning_rate"] == float(text)


def test_a_number_in_quotes_is_text(write):
    path = write(budgets__laptop__training__learning_rate=0.123)
    path.write_text(path.read_text().replace("0.123", "'1e-3'"))
    with pytest.raises(ParamsError, match=r"laptop.*learning_rate: .*number.*found '1e-3'"):
        read(path)


def test_the_largest_seed_with_a_generator_for_every_epoch_is_accepted(write):
    epochs = {"default": 60}
    largest = (2**64 - 1 - 60) // STRIDE
    write_with = partial(write, datasets=["digits"], budget="laptop", budgets__laptop__training__epochs=epochs)
    assert configs(write_with(seeds=[largest]))
    with pytest.raises(ParamsError, match=rf"seeds: .*found {largest + 1}"):
        configs(write_with(seeds=[largest + 1]))


@pytest.mark.parametrize("section", ["training", "evaluation"])
def test_every_setting_is_required_also_where_the_library_has_a_default(write, section):
    given = PARAMS["budgets"]["laptop"][section]
    for key in given:
        rest = {k: v for k, v in given.items() if k != key}
        with pytest.raises(ParamsError, match=rf"laptop\.{section}.*{key}: "):
            read(write(**{f"budgets__laptop__{section}": rest}))
