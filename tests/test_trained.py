"""What vhp.load gives, against the same computed plainly from its parts."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import networkx
import numpy as np
import pytest
import tiny
import torch
import yaml

import vhp
from vhp import methods
from vhp.latent.polyline import resample
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine
from vhp.model.priors.mixture import GaussianMixture
from vhp.model.vae import VAE
from vhp.seeds import EVALUATION_SEED
from vhp.trained import REFINEMENT, TrainedModel


@pytest.fixture(params=methods.names())
def loaded(request, tmp_path):
    vhp.save(tiny.build(request.param).model, tmp_path / "model.safetensors")
    return vhp.load(tmp_path)


@torch.no_grad()
def test_encode_and_decode_are_the_networks(loaded):
    x = tiny.patterns(5)
    mean, log_var = loaded.vae.encoder(x / 255)
    posterior = loaded.encode(x.numpy())
    np.testing.assert_allclose(posterior.mean, mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(posterior.std, torch.exp(log_var / 2), rtol=1e-6)
    decoded = loaded.decode(posterior.mean.astype(float))
    np.testing.assert_allclose(decoded, 1 / (1 + torch.exp(-loaded.vae.decoder(mean))), rtol=0, atol=1e-6)
    assert loaded.decode(np.zeros((2, 3, tiny.D_Z))).shape == (2, 3, tiny.D)
    with pytest.raises(ValueError, match=r"z: found the shape \(4,\), expected \(..., 3\)"):
        loaded.decode(np.zeros(4))


def test_samples_follow_the_seed_and_leave_the_callers_random_numbers_alone(loaded):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, again, other = loaded.sample(6), loaded.sample(6), loaded.sample(6, seed=1)
    assert torch.equal(torch.rand(2), expected)
    assert first.shape == (6, tiny.D) and np.array_equal(first, again) and not np.array_equal(first, other)
    np.testing.assert_array_equal(first, loaded.decode(loaded.sample_prior(6)))


def test_nll_is_that_of_the_evaluation_for_each_kind_of_array(loaded):
    x = tiny.patterns(4)
    settings = LikelihoodSettings(n_samples=300, precision="float32", compile=False)
    expected = -estimate(loaded.vae, x, settings, seed=5).log_likelihood.numpy()
    for array in (x, x.numpy(), (x > 0).numpy(), x.numpy() / 255, x.reshape(4, 3, 4).numpy()):
        np.testing.assert_array_equal(loaded.nll(array, n_samples=300, seed=5), expected)
    with pytest.raises(ValueError, match="x, row 0, column 0: found 128, expected 0 and 255 only"):
        loaded.nll(np.full((1, tiny.D), 128, np.uint8))


def test_an_interpolation_joins_the_examples_by_a_shortest_path_of_the_priors_graph(loaded):
    a, b = tiny.patterns(12).numpy()[[0, 7]]
    found = loaded.interpolate(a, b, n_frames=9, n_nodes=80, k=12, seed=2)
    nodes = loaded.sample_prior(80, seed=2).astype(float)
    distance = np.linalg.norm(nodes[:, None] - nodes, axis=-1)
    graph = networkx.Graph()
    for i, row in enumerate(distance):
        graph.add_weighted_edges_from((i, int(j), row[j]) for j in np.argsort(row)[1:13])
    means = np.concatenate([loaded.encode(x[None]).mean for x in (a, b)])
    from_a, from_b = (np.linalg.norm(nodes - mean, axis=1) for mean in means)
    length, path = networkx.single_source_dijkstra(graph, from_a.argmin(), from_b.argmin())
    assert found.length == pytest.approx(from_a.min() + length + from_b.min(), rel=1e-6)
    np.testing.assert_allclose(found.z, resample(np.concatenate([means[:1], nodes[path], means[1:]]), 9), atol=1e-6)
    np.testing.assert_array_equal(found.x, loaded.decode(found.z))
    with pytest.raises(ValueError, match=r"^b: found the shape \(1, 5\), expected \(N, 12\)"):
        loaded.interpolate(a, b[:5])


def test_tensors_are_interpolated_as_arrays_are(tmp_path):
    vhp.save(tiny.build("iwae_l1").model, tmp_path / "model.safetensors")
    loaded = vhp.load(tmp_path)
    a, b = (tiny.patterns(12)[[0, 7]] / 255).requires_grad_()
    found, expected = (
        loaded.interpolate(*ends, n_nodes=80, k=12) for ends in ((a, b), (a.detach().numpy(), b.tolist()))
    )
    np.testing.assert_array_equal(found.x, expected.x)


def test_where_there_is_no_path_the_graph_is_described(tmp_path):
    """Two far components of a mixture, with fewer neighbours than each has samples."""
    model = VAE(tiny.D, 2, [8], "bernoulli")
    model.prior = GaussianMixture(torch.tensor([[-50.0, 0], [50, 0]]), torch.zeros(2, 2))
    x = np.eye(tiny.D, dtype=bool)
    with torch.no_grad():
        last = model.encoder.network[-1]
        last.bias[0] -= model.encoder(torch.eye(tiny.D))[0][:, 0].mean()
        last.weight[0] *= 1000
        last.bias[0] *= 1000
    vhp.save(model, tmp_path / "m.safetensors")
    loaded = vhp.load(tmp_path / "m.safetensors")
    mean = loaded.encode(x).mean[:, 0]
    with pytest.raises(
        ValueError, match=r"found no path: the 200 samples of the prior fall into 2 components.*larger k"
    ):
        loaded.interpolate(x[np.argmin(mean)], x[np.argmax(mean)], n_nodes=200, k=20)


def test_what_it_is_called(loaded, tmp_path):
    assert repr(loaded).startswith("TrainedModel(D=12, d_z=3, prior=")
    vhp.save(loaded.vae, tmp_path / "m.safetensors", {"run": {"dataset": "digits", "method": "iwae_l1"}})
    assert repr(vhp.load(tmp_path / "m.safetensors")).endswith(", iwae_l1 on digits)")


def test_importing_the_package_imports_no_torch():
    code = "import sys, vhp; print('torch' in sys.modules, callable(vhp.load))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


@pytest.mark.parametrize("method", ["vhp_rewo", "vampprior"])
def test_a_likelihood_says_which_estimates_to_trust(method):
    """The encoder's and the refined estimate, as the library's own functions give them."""
    model = TrainedModel(tiny.build(method).model, {})
    x, numbers = tiny.patterns(4), np.array([3, 1, 8, 0])
    settings, of = LikelihoodSettings(n_samples=100, precision="float32", compile=False), torch.from_numpy(numbers)
    encoder = estimate(model.vae, x, settings, EVALUATION_SEED, of)
    refined = refine(model.vae, x, encoder, settings, REFINEMENT, EVALUATION_SEED, of)
    for expected, given in ((encoder, {}), (refined, {"refined": True})):
        found = model.likelihood(x, 100, numbers=numbers, **given)
        for name in ("log_likelihood", "monte_carlo_se", "effective_samples", "k_hat"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)
        heavy = (expected.effective_samples < 10) | (expected.k_hat > 0.5)  # 1 - 1 / log10(100)
        assert found.trusted.tolist() == (~heavy).tolist()
    np.testing.assert_array_equal(model.nll(x[1:3], 100), -model.likelihood(x[1:3], 100, numbers=[0, 1]).log_likelihood)


def test_an_encoder_far_off_is_not_trusted_and_numbers_are_integers():
    model = TrainedModel(tiny.build("iwae_l1").model, {})
    with torch.no_grad():
        model.vae.encoder.network[-1].bias[: tiny.D_Z] += 8
    assert not model.likelihood(tiny.patterns(4), 100).trusted.any()
    for numbers in ([0, 1, 2], [0.0, 1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match=r"numbers: found .*, expected an integer for each of 4 examples"):
            model.likelihood(tiny.patterns(4), 100, numbers=numbers)


def test_the_refinement_is_that_of_params_yaml():
    budget = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text())["budgets"]["demo"]
    refined = budget["evaluation"]["refined"]
    assert asdict(REFINEMENT) == {k: v["default"] if isinstance(v, dict) else v for k, v in refined.items()}
