"""What the networks for images have in common, convolutions and convolutions on patches."""

import pytest
import tiny
import torch

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model.vae import VAE
from vhp.training.fit import fit
from vhp.training.validation import validation_bound

D_Z = tiny.D_Z


def conv(side, channels):
    return VAE(side**2, D_Z, channels, "bernoulli", "conv").double()


def patch(side, size, hidden=(7, 5), channels=3):
    settings = tiny.PATCH | {"size": size, "channels": channels}
    return VAE(side**2, D_Z, list(hidden), "bernoulli", "patch", settings).double()


SHAPED = [(conv, 4, [3, 4]), (conv, 8, [2]), (conv, 28, [3, 4]), (conv, 16, [2, 3, 4])]
SHAPED += [(patch, 28, 4), (patch, 28, 7), (patch, 28, 2), (patch, 64, 8), (patch, 64, 4)]


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 5), (2, 3, 5)])
@pytest.mark.parametrize(("build", "side", "argument"), SHAPED)
def test_shapes_are_those_of_the_mlp(shape, build, side, argument):
    net, mlp = build(side, argument), VAE(side**2, D_Z, [8], "bernoulli").double()
    x, z = torch.rand(*shape, side**2, dtype=torch.float64), torch.randn(*shape, D_Z, dtype=torch.float64)
    assert [part.shape for part in net.encoder(x)] == [part.shape for part in mlp.encoder(x)]
    assert net.decode(z).shape == mlp.decode(z).shape


@pytest.mark.parametrize(
    "net",
    [
        *(conv(side, channels) for side, channels in [(4, [3, 4]), (28, [3, 40]), (16, [2, 3, 4]), (8, [1])]),
        patch(28, 4, [5], channels=40),
        patch(28, 4, [5], channels=2),
        patch(4, 2, [300, 5]),
    ],
    ids=lambda net: f"{net.n_dims}-{net.floats_per_decode}",
)
def test_a_decode_needs_the_floats_of_its_widest_layer(net):
    sizes = []
    for module in net.decoder.modules():
        module.register_forward_hook(lambda _, __, out: sizes.append(out.numel()))
    net.decode(torch.randn(1, D_Z, dtype=torch.float64))
    assert net.floats_per_decode == max(sizes)


@pytest.mark.parametrize("build", [tiny.build_conv, tiny.build_patch])
def test_the_evaluators_chunks_count_the_decoders_layers(build, monkeypatch):
    """As many samples at once as their widest layer leaves room for, and one result whatever their number."""
    net, x = build("vhp_rewo", dtype=torch.float64).model, tiny.images(3)
    sizes = []
    net.decoder.register_forward_hook(lambda _, z, __: sizes.append(z[0].shape[:-1].numel()))
    options = LikelihoodSettings(n_samples=40, precision="float32", compile=False)
    results = []
    for rows in (1, 7, 200):
        sizes.clear()
        monkeypatch.setattr("vhp.likelihood.chunks.CHUNK_BYTES", rows * 8 * net.floats_per_decode)
        results.append(estimate(net, x, options, seed=3, dtype=torch.float64).log_likelihood)
        assert max(sizes) == {1: 1, 7: 7, 200: 120}[rows]
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=1e-10, atol=1e-12)


MLP = VAE(tiny.D, D_Z, [8], "bernoulli")


@pytest.mark.parametrize("net", [MLP, conv(4, [3, 4]), patch(6, 3)], ids=["mlp", "conv", "patch"])
def test_under_bf16_densities_get_float32(net):
    net, x = net.float(), torch.rand(5, net.n_dims)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mean, log_var = net.encoder(x)
        out = net.decode(mean)
    assert mean.dtype == log_var.dtype == out.dtype == torch.float32
    exact = net.decode(net.encoder(x)[0])
    assert (out - exact).abs().max() < 0.05 * exact.abs().max()
    assert not torch.equal(out, exact)  # or nothing was rounded


@pytest.mark.parametrize("build", [tiny.build_conv, tiny.build_patch])
def test_training_improves_the_validation_bound(build):
    """Beyond the best model without a latent variable; the methods' gradients are those of test_gradients.py."""
    train, val = tiny.images(256), tiny.images(200)
    method = build("vhp_rewo")
    result = fit(method, train, val, tiny.training(epochs=12, learning_rate=4e-2), seed=1)
    p, x = train.double().mean(0) / 255, val.double() / 255
    independent = (x * p.log() + (1 - x) * (1 - p).log()).sum(-1).mean().item()
    assert validation_bound(method, val) == result.best_bound > independent + 1
