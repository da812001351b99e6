"""Convolutional networks: against loops over single pixels, for every shape that the mlp takes; what is refused."""

import pytest
import reference
import tiny
import torch
from torch import nn

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model.vae import VAE
from vhp.training.fit import fit
from vhp.training.validation import validation_bound

SIDE, D_Z = tiny.SIDE, tiny.D_Z


def model(side=SIDE, channels=tiny.CHANNELS, dtype=torch.float64):
    return VAE(side**2, D_Z, channels, "bernoulli", "conv").to(dtype)


def parts(layer):
    return layer.weight.tolist(), layer.bias.tolist()


def linear(layer, values):
    weight, bias = parts(layer)
    return [b + sum(w * v for w, v in zip(row, values, strict=True)) for row, b in zip(weight, bias, strict=True)]


def rows(values, side):
    """A flat list as channels of side x side."""
    image = [values[i : i + side] for i in range(0, len(values), side)]
    return [image[i : i + side] for i in range(0, len(image), side)]


def flat(image):
    return [value for channel in image for row in channel for value in row]


def refined(image, block):
    for layer in block.layers:
        image = reference.plus(image, reference.gated_convolution(image, *parts(layer.convolution)))
    return image


def encoded(encoder, x):
    image = rows(x, SIDE)
    for shrink, refine in zip(encoder.shrink, encoder.refine, strict=True):
        image = refined(reference.gated_convolution(reference.shrink(image), *parts(shrink.convolution)), refine)
    return reference.gaussian_parameters(linear(encoder.last, flat(image)))


def decoded(decoder, z):
    values = linear(decoder.first.linear, z)
    half = len(values) // 2
    gated = [v * reference.sigmoid(g) for v, g in zip(values[:half], values[half:], strict=True)]
    image = rows(gated, decoder.smallest)
    for refine, grow in zip(decoder.refine, decoder.grow, strict=True):
        image = refined(image, refine)
        last = isinstance(grow, nn.Conv2d)
        out = (
            reference.convolve(image, *parts(grow))
            if last
            else reference.gated_convolution(image, *parts(grow.convolution))
        )
        image = reference.grow(out)
    return flat(image)


def test_the_encoder_equals_loops_over_pixels():
    net, x = model(), torch.rand(3, 5, SIDE**2, dtype=torch.float64)
    found = torch.cat(net.encoder(x), -1)
    for i in range(3):
        for j in range(5):
            assert found[i, j].tolist() == pytest.approx(encoded(net.encoder, x[i, j].tolist()), rel=1e-9, abs=1e-12)


def test_a_batched_decode_equals_loops_over_pixels():
    net, z = model(), torch.randn(3, 5, D_Z, dtype=torch.float64)
    found = net.decode(z)
    for i in range(3):
        for j in range(5):
            assert found[i, j].tolist() == pytest.approx(decoded(net.decoder, z[i, j].tolist()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 5), (2, 3, 5)])
@pytest.mark.parametrize(("side", "channels"), [(4, [3, 4]), (8, [2]), (28, [3, 4]), (16, [2, 3, 4])])
def test_shapes_are_those_of_the_mlp(shape, side, channels):
    conv, mlp = model(side, channels), VAE(side**2, D_Z, [8], "bernoulli").double()
    x, z = torch.rand(*shape, side**2, dtype=torch.float64), torch.randn(*shape, D_Z, dtype=torch.float64)
    assert [part.shape for part in conv.encoder(x)] == [part.shape for part in mlp.encoder(x)]
    assert conv.decode(z).shape == mlp.decode(z).shape


def test_under_bf16_densities_get_float32():
    net, x = model(dtype=torch.float32), torch.rand(5, SIDE**2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mean, log_var = net.encoder(x)
        out = net.decode(mean)
    assert mean.dtype == log_var.dtype == out.dtype == torch.float32
    exact = net.decode(net.encoder(x)[0])
    assert (out - exact).abs().max() < 0.05 * exact.abs().max()
    assert not torch.equal(out, exact)  # or nothing was rounded


@pytest.mark.parametrize(
    ("n_dims", "channels", "message"),
    [
        (50, [3], "found 50 dimensions, expected those of a square image"),
        (28**2, [3, 4, 5], r"3 resolutions and images of 28 x 28 pixels, expected a side that can be halved 3 times"),
        (49, [3], "images of 7 x 7 pixels"),
    ],
)
def test_images_that_cannot_be_halved_are_refused(n_dims, channels, message):
    with pytest.raises(ValueError, match=message):
        VAE(n_dims, D_Z, channels, "bernoulli", "conv")


@pytest.mark.parametrize(("side", "channels"), [(4, [3, 4]), (28, [3, 40]), (16, [2, 3, 4]), (8, [1])])
def test_a_decode_needs_the_floats_of_its_widest_layer(side, channels):
    net, sizes = model(side, channels), []
    for module in net.decoder.modules():
        module.register_forward_hook(lambda _, __, out: sizes.append(out.numel()))
    net.decode(torch.randn(1, D_Z, dtype=torch.float64))
    assert net.floats_per_decode == max(sizes)


def test_the_evaluators_chunks_count_the_decoders_layers(monkeypatch):
    """As many samples at once as their widest layer leaves room for, and one result whatever their number."""
    net, x = tiny.build_conv("vhp_rewo", dtype=torch.float64).model, tiny.images(3)
    sizes = []
    net.decoder.register_forward_hook(lambda _, z, __: sizes.append(z[0].shape[:-1].numel()))
    options = LikelihoodSettings(n_samples=40, precision="float32", compile=False)
    results = []
    for rows in (1, 7, 200):
        sizes.clear()
        monkeypatch.setattr("vhp.likelihood.estimate.CHUNK_BYTES", rows * 8 * net.floats_per_decode)
        results.append(estimate(net, x, options, seed=3, dtype=torch.float64).log_likelihood)
        assert max(sizes) == {1: 1, 7: 7, 200: 120}[rows]
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=1e-10, atol=1e-12)


def test_training_improves_the_validation_bound():
    """Beyond the best model without a latent variable; the methods' gradients are those of test_gradients.py."""
    train, val = tiny.images(256), tiny.images(200)
    method = tiny.build_conv("vhp_rewo")
    result = fit(method, train, val, tiny.training(epochs=12, learning_rate=4e-2), seed=1)
    p, x = train.double().mean(0) / 255, val.double() / 255
    independent = (x * p.log() + (1 - x) * (1 - p).log()).sum(-1).mean().item()
    assert validation_bound(method, val) == result.best_bound > independent + 1
