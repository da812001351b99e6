"""The networks to compare: those committed, and what is refused, with which message."""

import pytest
import yaml

from stages.inspect.front.table import NETWORKS, read
from stages.params.problems import ParamsError
from vhp.model.vae import VAE

SMALL = yaml.safe_load(NETWORKS.read_text())
SMALL["networks"] = {
    "wide": {"about": "wider", "model": {"network": "mlp", "hidden": [9]}},
    "small": {"about": "as shared"},
}


@pytest.fixture
def write(tmp_path):
    """Writes a table with one entry replaced, or with other content."""

    def write(entry=None, **content):
        path = tmp_path / "networks.yaml"
        networks = SMALL["networks"] | ({"small": entry} if entry is not None else {})
        path.write_text(yaml.safe_dump(SMALL | {"networks": networks} | content))
        return path

    return write


@pytest.mark.parametrize("dataset", ["dynamic_mnist", "static_mnist", "fashion_mnist", "omniglot"])
def test_every_committed_network_is_one_for_the_data_sets_of_the_papers_table(dataset):
    networks = read(NETWORKS, dataset)
    assert len(networks) >= 15
    assert len({network.digest for network in networks.values()}) == len(networks)
    assert {network.model["network"] for network in networks.values()} == {"mlp", "conv", "patch"}
    for network in networks.values():
        VAE(784, observation="bernoulli", **network.model)


def test_an_entry_changes_what_is_shared_and_nothing_else(write):
    before = read(write(), "digits")
    after = read(write({"about": "other words", "patch": {"size": 2}, "method": {"K": 3}}), "digits")
    assert after["wide"] == before["wide"]
    assert after["small"].model["patch"] == before["small"].model["patch"] | {"size": 2}
    assert after["small"].method == before["small"].method | {"K": 3}
    assert after["small"].training == before["small"].training
    assert "patch" not in after["wide"].model


def test_words_do_not_change_the_digest_and_settings_do(write):
    digests = [
        read(write(entry), "digits")["small"].digest
        for entry in ({"about": "a"}, {"about": "b"}, {"about": "a", "patch": {"depth": 7}})
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "small: found 3, expected a mapping with a text `about`"),
        ({"patch": {}}, "small: found .*expected a mapping with a text `about`"),
        ({"about": "", "modle": {}}, "small.modle: unknown key; did you mean 'model'?"),
        ({"about": "", "patch": 3}, "small.patch: found 3, expected a mapping"),
        ({"about": "", "method": {"kapa": 3}}, "small.method.kapa: unknown key; did you mean 'kappa'?"),
        ({"about": "", "training": {"learning_rate": 0}}, r"small.training \(digits\).*learning_rate: found 0"),
        ({"about": "", "model": {"network": "mlp"}, "patch": {"size": 2}}, "small.patch: .*not patch, expected none"),
    ],
)
def test_a_mistake_is_named_with_its_place(write, entry, message):
    with pytest.raises(ParamsError, match=message):
        read(write(entry), "digits")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"networks": 3}, "expected the mappings shared and networks"),
        ({"more": {}}, "more: unknown key"),
        ({"shared": SMALL["shared"] | {"model": None}}, r"shared\.model: found None, expected a mapping"),
        ({"shared": SMALL["shared"] | {"training": 3}}, r"shared\.training: found 3, expected a mapping"),
    ],
)
def test_a_table_of_another_form_is_refused(write, content, message):
    with pytest.raises(ParamsError, match=message):
        read(write(**content), "digits")
