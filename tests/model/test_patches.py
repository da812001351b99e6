"""Convolutions on patches: against loops over single pixels; what is refused, what dropout does, memory, precision."""

from dataclasses import replace

import pytest
import reference
import tiny
import torch

from vhp.device import precision
from vhp.likelihood.annealed.chains import AnnealingSettings
from vhp.likelihood.annealed.sandwich import sandwich
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.likelihood.rounding import exact_enough
from vhp.model import codec
from vhp.model.evaluation_mode import evaluating
from vhp.model.patches import from_maps, from_patches, to_maps, to_patches
from vhp.model.vae import VAE
from vhp.training.fit import fit
from vhp.training.validation import validation_bound

SIDE, D_Z, HIDDEN = 6, tiny.D_Z, [7, 5]
PATCH = tiny.PATCH | {"size": 3}


def model(side=SIDE, hidden=HIDDEN, dtype=torch.float64, **changed):
    return VAE(side**2, D_Z, hidden, "bernoulli", "patch", PATCH | changed).to(dtype)


# --- against loops; a map is a list of channels, a channel a list of rows ---


def gated_mlp(network, values):
    for layer in network[:-1]:
        out = reference.linear(layer.linear, values)
        half = len(out) // 2
        values = [v * reference.sigmoid(g) for v, g in zip(out[:half], out[half:], strict=True)]
    return reference.linear(network[-1], values)


def refined(maps, residual):
    for layer in residual.layers:
        maps = reference.plus(maps, reference.gated_convolution(maps, *reference.parts(layer.convolution)))
    return maps


def encoded(encoder, x):
    """Pixel (i, j) of the image is channel (i % size, j % size) at the place (i // size, j // size) of the grid."""
    size, side = encoder.size, range(encoder.side)
    cut = [
        [[x[(i * size + di) * SIDE + j * size + dj] for j in side] for i in side]
        for di in range(size)
        for dj in range(size)
    ]
    maps = refined(reference.gated_convolution(cut, *reference.parts(encoder.first.convolution)), encoder.residual)
    places = [maps[c][i][j] for i in side for j in side for c in range(len(maps))]
    return reference.gaussian_parameters(gated_mlp(encoder.last.network, places))


def decoded(decoder, z):
    places, side = gated_mlp(decoder.first, z), range(decoder.side)
    n = len(places) // decoder.side**2
    maps = [[[places[(i * decoder.side + j) * n + c] for j in side] for i in side] for c in range(n)]
    out = reference.convolve(refined(maps, decoder.residual), *reference.parts(decoder.last))
    size = SIDE // decoder.side
    return [out[i % size * size + j % size][i // size][j // size] for i in range(SIDE) for j in range(SIDE)]


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_encoder_equals_loops_over_pixels(size):
    net, x = model(size=size), torch.rand(3, 2, SIDE**2, dtype=torch.float64)
    found = torch.cat(net.encoder(x), -1)
    for i in range(3):
        for j in range(2):
            assert found[i, j].tolist() == pytest.approx(encoded(net.encoder, x[i, j].tolist()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_a_batched_decode_equals_loops_over_pixels(size):
    net, z = model(size=size), torch.randn(3, 2, D_Z, dtype=torch.float64)
    found = net.decode(z)
    for i in range(3):
        for j in range(2):
            assert found[i, j].tolist() == pytest.approx(decoded(net.decoder, z[i, j].tolist()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("side", "size"), [(28, 4), (28, 2), (28, 7), (64, 8), (64, 4)])
def test_patches_and_maps_are_undone(side, size):
    x = torch.rand(3, side**2)
    patches = to_patches(x, side // size, size)
    assert patches.shape == (3, size**2, side // size, side // size)
    assert torch.equal(from_patches(patches), x)
    maps = to_maps(x.reshape(3, -1), side // size)
    assert torch.equal(from_maps(maps), x)
    assert maps.is_contiguous(memory_format=torch.channels_last)


# --- the interface that every network has ---


@pytest.mark.parametrize(
    ("n_dims", "size", "message"),
    [
        (50, 2, "found 50 dimensions, expected those of a square image"),
        (28**2, 3, r"patches of 3 x 3 pixels and images of 28 x 28, .*divides the side: 1, 2, 4, 7, 14, 28$"),
        (64**2, 7, r"patches of 7 x 7 pixels and images of 64 x 64, .*: 1, 2, 4, 8, 16, 32, 64$"),
    ],
)
def test_images_that_the_patches_do_not_divide_are_refused(n_dims, size, message):
    with pytest.raises(ValueError, match=message):
        VAE(n_dims, D_Z, HIDDEN, "bernoulli", "patch", PATCH | {"size": size})


@pytest.mark.parametrize(("name", "value"), [("size", 0), ("channels", 0), ("encoder_depth", 0), ("dropout", 0.95)])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}: found {value}, expected"):
        model(**{name: value})


@pytest.mark.parametrize(("network", "patch"), [("patch", None), ("mlp", PATCH), ("conv", PATCH)])
def test_settings_of_patches_come_with_that_network_and_no_other(network, patch):
    with pytest.raises(ValueError, match=f"network {network}: found .*expected them with the network patch"):
        VAE(SIDE**2, D_Z, [3], "bernoulli", network, patch)


def test_an_encoder_may_be_larger_than_the_decoder():
    small, large = model(), model(encoder_channels=9, encoder_depth=3)
    assert {k: v.shape for k, v in small.decoder.state_dict().items()} == {
        k: v.shape for k, v in large.decoder.state_dict().items()
    }
    assert len(large.encoder.residual.layers) == 3 and large.encoder.first.convolution.out_channels == 2 * 9


# --- dropout ---

SETTINGS = LikelihoodSettings(n_samples=20, precision="float32", compile=False)
REFINEMENT = RefinedSettings(pilot=10, enough=1.0, modes=2, steps=2, centring=1, rounds=1)
ANNEALING = AnnealingSettings(n_temperatures=3, n_chains=2, n_leapfrog=1)


def test_dropout_changes_training_and_nothing_that_is_measured():
    method = tiny.build_patch("vhp_rewo", dropout=0.5)
    x = tiny.images(40)
    assert method.model.training
    first, again = (method.model.encoder(x / 255.0)[0] for _ in range(2))
    assert not torch.equal(first, again)
    measured = (
        lambda: validation_bound(method, x),
        lambda: estimate(method.model, x, SETTINGS, seed=1).log_likelihood,
        lambda: refine(method.model, x, kept, SETTINGS, REFINEMENT, seed=1).log_likelihood,
        lambda: sandwich(method.model, x[:2], SETTINGS, REFINEMENT, ANNEALING, seed=1).lower,
        lambda: torch.from_numpy(codec.encode(method.model, (x / 255.0).numpy())[0]),
    )
    with evaluating(method.model):
        exact = method.model.encoder(x / 255.0)[0]
        kept = estimate(method.model, x, SETTINGS, seed=1)
        expected = [torch.as_tensor(measure()) for measure in measured]
    for measure, value in zip(measured, expected, strict=True):
        assert method.model.training
        assert torch.equal(torch.as_tensor(measure()), value)
    without = tiny.build_patch("vhp_rewo")
    without.model.load_state_dict(method.model.state_dict())
    assert torch.equal(without.model.encoder(x / 255.0)[0], exact)


def test_the_mode_is_restored_after_an_error():
    net = model()
    with pytest.raises(KeyError), evaluating(net):
        assert not net.encoder.dropout.training
        raise KeyError
    assert net.training and net.encoder.dropout.training


# --- training and evaluation ---


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_training_is_repeated_to_the_last_bit(dropout):
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        method = tiny.build_patch("vhp_rewo", dropout=dropout)
        fit(method, tiny.images(64), tiny.images(20), tiny.training(epochs=2), seed=1)
        weights.append(method.model.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize(("scale", "chosen"), [(1.0, "bf16"), (3000.0, "float32")])
def test_bf16_is_used_where_its_error_is_small_and_nowhere_else(monkeypatch, scale, chosen):
    """scale: of the last layer's weights; logits of hundreds are rounded by whole nats."""
    monkeypatch.setattr(precision, "has_bf16", lambda device: True)
    net = tiny.build_patch("vhp_rewo").model.eval()
    with torch.no_grad():
        net.decoder.last.weight.mul_(scale)
    asked = LikelihoodSettings(n_samples=200, precision="bf16", compile=False)
    settings, errors = exact_enough(net, tiny.images(32), asked, 3, torch.arange(32))
    assert settings == replace(asked, precision=chosen)
    assert errors.abs().max() > 0
