"""Gated convolutions for square images (Tomczak & Welling 2018, section 5), residual as in Dauphin et al. 2017.

Nothing is computed at the images' own resolution, where most of the time would be spent: 2 x 2 pixels become four
channels on the way in, and four channels 2 x 2 pixels on the way out (Shi et al. 2016).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from vhp.model.networks import GatedLayer, Networks, gaussian_parameters

BLOCKS = 2  # residual layers per resolution


class GatedConvolution(nn.Module):
    """(n, n_in, side, side) -> (n, n_out, side, side). Both halves are one 3 x 3 convolution."""

    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.convolution = nn.Conv2d(n_in, 2 * n_out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.convolution(x).chunk(2, dim=1)
        return value * torch.sigmoid(gate)


class ResidualConvolutions(nn.Module):
    """depth times x + gated convolution of x, (n, channels, side, side)."""

    def __init__(self, channels: int, depth: int):
        super().__init__()
        self.layers = nn.ModuleList(GatedConvolution(channels, channels) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + layer(x)
        return x


class ConvolutionalEncoder(nn.Module):
    """Mean and log-variance of a diagonal Gaussian: (..., D) -> (..., d_z), (..., d_z), both float32 or better."""

    def __init__(self, side: int, channels: Sequence[int], d_z: int):
        """side: of an image, so that D = side^2. channels: at half its side, a quarter, and so on."""
        super().__init__()
        self.side = side
        smallest = side >> len(channels)
        self.shrink = nn.ModuleList(GatedConvolution(4 * a, b) for a, b in pairwise([1, *channels]))
        self.refine = nn.ModuleList(ResidualConvolutions(c, BLOCKS) for c in channels)
        self.last = nn.Linear(channels[-1] * smallest**2, 2 * d_z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = x.reshape(-1, 1, self.side, self.side)
        for shrink, refine in zip(self.shrink, self.refine, strict=True):
            h = refine(shrink(pixel_unshuffle(h, 2)))
        return gaussian_parameters(self.last(h.flatten(1)).reshape(*x.shape[:-1], -1))


class ConvolutionalDecoder(nn.Module):
    """(..., d_z) -> (..., D): the encoder's way back, without a nonlinearity at its end."""

    def __init__(self, side: int, channels: Sequence[int], d_z: int):
        """As of the encoder, channels in the same order."""
        super().__init__()
        self.smallest = side >> len(channels)
        upwards = list(reversed(channels))
        self.first = GatedLayer(d_z, upwards[0] * self.smallest**2)
        self.refine = nn.ModuleList(ResidualConvolutions(c, BLOCKS) for c in upwards)
        self.grow = nn.ModuleList(GatedConvolution(a, 4 * b) for a, b in pairwise(upwards))
        self.grow.append(nn.Conv2d(upwards[-1], 4, 3, padding=1))

    def forward(self, z: Tensor) -> Tensor:
        h = self.first(z.reshape(-1, z.shape[-1])).unflatten(1, (-1, self.smallest, self.smallest))
        for refine, grow in zip(self.refine, self.grow, strict=True):
            h = pixel_shuffle(grow(refine(h)), 2)
        return h.reshape(*z.shape[:-1], -1)


def side_of(n_dims: int, channels: Sequence[int]) -> int:
    """The side of a square image of n_dims pixels.

    Raises ValueError if n_dims is no square, or if its root cannot be halved once per entry of channels.
    """
    side, times = math.isqrt(n_dims), len(channels)
    if side**2 != n_dims:
        raise ValueError(f"network conv: found {n_dims} dimensions, expected those of a square image; mlp takes any")
    if side % 2**times:
        raise ValueError(
            f"network conv: found channels for {times} resolutions and images of {side} x {side} pixels, "
            f"expected a side that can be halved {times} times; name fewer channels"
        )
    return side


def convolutional(n_dims: int, d_z: int, channels: Sequence[int]) -> Networks:
    """Encoder and decoder for square images; channels: at half an image's side, at a quarter, and so on.

    Raises ValueError as side_of.
    """
    side = side_of(n_dims, channels)
    widest = max(2 * c * (side >> i) ** 2 for i, c in enumerate(channels, start=1))
    encoder, decoder = ConvolutionalEncoder(side, channels, d_z), ConvolutionalDecoder(side, channels, d_z)
    return Networks(encoder, decoder, max(n_dims, widest))
