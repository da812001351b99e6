"""A model's file: every method's comes back the same, with every network and observation; others are refused."""

import json
import struct

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load, save_file

import vhp
from vhp import methods
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model import files, loading
from vhp.model.priors import Prior
from vhp.model.priors.mixture import GaussianMixture
from vhp.objective.terms import sample_terms

ABOUT = {"run": {"dataset": "patterns", "method": "any", "seed": 3}, "note": "κ = 0.6"}


def described(path) -> dict:
    """The file's metadata, read by hand: eight bytes of length, then JSON."""
    content = path.read_bytes()
    [length] = struct.unpack("<Q", content[:8])
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["vhp"])


@pytest.mark.parametrize("network", tiny.NETWORKS)
@pytest.mark.parametrize("observation", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("name", methods.names())
def test_a_model_comes_back_without_data_and_computes_the_same(tmp_path, name, observation, network):
    build, data = tiny.NETWORKS[network]
    model = build(name, observation).model
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    vhp.save(model, tmp_path / "model.safetensors", ABOUT)
    other, about = loading.read(tmp_path)
    assert about == ABOUT and not other.training and other.arguments == model.arguments
    x = data(6, torch.float32)
    parts = []
    for either in (model, other):
        torch.manual_seed(1)
        parts.append([*sample_terms(either, x, 2, 3), either.prior.sample(4)])
    assert all(torch.equal(*pair) for pair in zip(*parts, strict=True))
    settings = LikelihoodSettings(n_samples=50, precision="float32", compile=False)
    assert torch.equal(*(estimate(m.eval(), x, settings, seed=1).log_likelihood for m in (model, other)))


def test_a_mixture_comes_back(tmp_path):
    model = tiny.build("iwae_l1").model
    model.prior = GaussianMixture(torch.randn(5, tiny.D_Z), torch.randn(5, tiny.D_Z))
    files.save(model, tmp_path / "m.safetensors")
    other, about = loading.read(tmp_path / "m.safetensors")
    z = torch.randn(4, tiny.D_Z)
    assert about == {} and torch.equal(other.prior.log_prob(z), model.prior.log_prob(z))


def test_equal_models_make_equal_bytes_and_the_description_says_what_they_are():
    contents = []
    for _ in range(2):
        torch.manual_seed(5)
        contents.append(files.to_bytes(tiny.build("vhp_rewo").model, ABOUT))
    assert contents[0] == contents[1]
    torch.manual_seed(5)
    weights = tiny.build("vhp_rewo").model.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in load(contents[0]).items())


def test_the_description_is_json_that_anybody_can_read(tmp_path):
    files.save(tiny.build("vampprior").model, tmp_path / "m.safetensors", ABOUT)
    assert described(tmp_path / "m.safetensors") == {
        "format": 1,
        "model": {"n_dims": 12, "d_z": 3, "hidden": [8], "observation": "bernoulli", "network": "mlp"},
        "prior": {"kind": "vampprior", "n_pseudo_inputs": 7},
        "about": ABOUT,
    }


class OwnPrior(Prior):
    d_zeta = 0


def test_a_prior_that_could_not_be_loaded_is_not_saved(tmp_path):
    model = tiny.build("iwae_l1").model
    model.prior = OwnPrior()
    with pytest.raises(ValueError, match=r"found the prior OwnPrior, expected one of a module in vhp\.model\.priors"):
        vhp.save(model, tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "m.safetensors"
    files.save(tiny.build("iwae_l1").model, path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            files.save(tiny.build("vhp_rewo").model, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.fixture
def saved(tmp_path):
    """A model's file, and a function that writes it with another description or other weights."""
    model = tiny.build("vhp_rewo").model
    path = tmp_path / "model.safetensors"

    def write(change=lambda content: None, weights=lambda w: None):
        content, tensors = files.description(model) | {"about": {}}, dict(model.state_dict())
        content = change(content) or content
        weights(tensors)
        save_file(tensors, path, {"vhp": content if isinstance(content, str) else json.dumps(content)})
        return path

    return write


FAULTS = [
    (dict(change=lambda c: c.update(format=2)), r"found the format 2, expected 1: another version"),
    (dict(change=lambda c: c.pop("about")), r"its metadata 'vhp' cannot be read"),
    (dict(change=lambda c: "{"), r"its metadata 'vhp' cannot be read"),
    (dict(change=lambda c: "[1]"), r"its metadata 'vhp' cannot be read"),
    (dict(change=lambda c: c["model"].update(depth=3)), r"describes no model of this version .*depth"),
    (dict(change=lambda c: c["model"].update(network="transformer")), r"describes no model of this version"),
    (dict(change=lambda c: c["prior"].update(kind="flow")), r"describes no model of this version .*flow"),
    (dict(change=lambda c: c["prior"].update(d_zeta=4)), r"prior.p_z.*found float32 .*expected float32 .*as its meta"),
    (dict(weights=lambda w: w.pop("decoder.0.linear.bias")), r"found decoder.0.linear.bias missing from the weights"),
    (dict(weights=lambda w: w.update(more=torch.zeros(1))), r"found more beside the weights expected"),
    (dict(weights=lambda w: next(iter(w.values())).fill_(np.nan)), r"found numbers that are not finite"),
]


@pytest.mark.parametrize(("changes", "message"), FAULTS, ids=[message[:30] for _, message in FAULTS])
def test_other_files_are_refused_in_a_line_that_names_them(saved, changes, message):
    path = saved(**changes)
    with pytest.raises(ValueError, match=message) as error:
        vhp.load(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_weights_alone_a_damaged_file_and_none_at_all(saved, tmp_path):
    path = saved()
    assert vhp.load(path).vae.d_z == tiny.D_Z
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="found no safetensors file, or a damaged one"):
        vhp.load(path)
    save_file(tiny.build("iwae_l1").model.state_dict(), path)
    with pytest.raises(ValueError, match=r"found no metadata 'vhp'.*weights alone.*train it again"):
        vhp.load(path)
    with pytest.raises(FileNotFoundError, match=r"empty/model.safetensors: found no such file"):
        (tmp_path / "empty").mkdir()
        vhp.load(tmp_path / "empty")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m.double(),
            r"encoder\..*: found float64 \(.*expected float32 \(.*could not be loaded: `model.float\(\)`",
        ),
        (
            lambda m: m.decoder[0].linear.bias.data.fill_(np.inf),
            r"decoder.0.linear.bias: found numbers that are not finite",
        ),
    ],
)
def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path, change, message):
    model = tiny.build("vhp_rewo").model
    change(model)
    with pytest.raises(ValueError, match=message):
        vhp.save(model, tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
    vhp.save(tiny.build("vhp_rewo").model.double().float(), tmp_path / "m.safetensors")
    assert vhp.load(tmp_path / "m.safetensors").vae.d_z == tiny.D_Z
