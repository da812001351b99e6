"""Convolutional networks: against loops over single pixels, for every shape that the mlp takes; what is refused."""

import pytest
import reference
import tiny
import torch
from torch import nn

from vhp.model.vae import VAE

SIDE, D_Z = tiny.SIDE, tiny.D_Z


def model(side=SIDE, channels=tiny.CHANNELS, dtype=torch.float64):
    return VAE(side**2, D_Z, channels, "bernoulli", "conv").to(dtype)


def rows(values, side):
    """A flat list as channels of side x side."""
    image = [values[i : i + side] for i in range(0, len(values), side)]
    return [image[i : i + side] for i in range(0, len(image), side)]


def flat(image):
    return [value for channel in image for row in channel for value in row]


def refined(image, block):
    for layer in block.layers:
        image = reference.plus(image, reference.gated_convolution(image, *reference.parts(layer.convolution)))
    return image


def encoded(encoder, x):
    image = rows(x, SIDE)
    for shrink, refine in zip(encoder.shrink, encoder.refine, strict=True):
        image = reference.gated_convolution(reference.shrink(image), *reference.parts(shrink.convolution))
        image = refined(image, refine)
    return reference.gaussian_parameters(reference.linear(encoder.last, flat(image)))


def decoded(decoder, z):
    values = reference.linear(decoder.first.linear, z)
    half = len(values) // 2
    gated = [v * reference.sigmoid(g) for v, g in zip(values[:half], values[half:], strict=True)]
    image = rows(gated, decoder.smallest)
    for refine, grow in zip(decoder.refine, decoder.grow, strict=True):
        image = refined(image, refine)
        last = isinstance(grow, nn.Conv2d)
        out = (
            reference.convolve(image, *reference.parts(grow))
            if last
            else reference.gated_convolution(image, *reference.parts(grow.convolution))
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
