"""Gated convolutions on patches, for square images: all the work is done at one resolution, that of a grid of patches.

A patch of size x size pixels is one place of the grid and size^2 channels, as 2 x 2 pixels are in
vhp.model.convolutional; the coarse grid makes a step cheap, its many channels suit matrix units (Dosovitskiy et al.
2021 cut images in the same way for attention). On the grid, residual gated 3 x 3 convolutions (Dauphin et al. 2017);
between the grid and z, gated layers, since a place sees only its surroundings.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from vhp.checks import at_least_one, between
from vhp.model.convolutional import GatedConvolution, ResidualConvolutions
from vhp.model.networks import GaussianNetwork, Networks, gated_mlp


@dataclass(frozen=True)
class PatchSettings:
    """Sizes of the network. The encoder is run once per image, the decoder once per sample of z: it may be smaller."""

    size: int  # pixels on a side of a patch
    channels: int  # of the decoder on the grid
    depth: int  # residual layers of the decoder
    encoder_channels: int
    encoder_depth: int
    dropout: float  # probability that a number on the encoder's grid is dropped while it is trained

    def __post_init__(self):
        at_least_one(size=self.size, channels=self.channels, depth=self.depth)
        at_least_one(encoder_channels=self.encoder_channels, encoder_depth=self.encoder_depth)
        between(0, 0.9, dropout=self.dropout)


# Maps are (n, channels, side, side) with the channels last in memory: so products find their operands in a row, and
# a linear layer's output or input (n, side * side * channels) is the same memory.


def to_patches(x: Tensor, side: int, size: int) -> Tensor:
    """Images (n, D) -> (n, size^2, side, side): the pixels of each patch row by row as channels."""
    return x.reshape(-1, side, size, side, size).permute(0, 2, 4, 1, 3).flatten(1, 2)


def from_patches(maps: Tensor) -> Tensor:
    """(n, size^2, side, side) -> images (n, D): undoes to_patches."""
    size = math.isqrt(maps.shape[1])
    return maps.unflatten(1, (size, size)).permute(0, 3, 1, 4, 2).flatten(1)


def to_maps(h: Tensor, side: int) -> Tensor:
    """(n, side * side * channels) -> (n, channels, side, side), without a copy."""
    return h.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2)


def from_maps(maps: Tensor) -> Tensor:
    """(n, channels, side, side) -> (n, side * side * channels): undoes to_maps."""
    return maps.permute(0, 2, 3, 1).flatten(1)


class PatchEncoder(nn.Module):
    """Mean and log-variance of a diagonal Gaussian: (..., D) -> (..., d_z), (..., d_z), both float32 or better."""

    def __init__(self, side: int, settings: PatchSettings, hidden: Sequence[int], d_z: int):
        """side: of the grid, so that D = (side * size)^2. hidden: widths of the gated layers after the grid."""
        super().__init__()
        self.side, self.size = side, settings.size
        self.first = GatedConvolution(settings.size**2, settings.encoder_channels)
        self.residual = ResidualConvolutions(settings.encoder_channels, settings.encoder_depth)
        self.dropout = nn.Dropout(settings.dropout)
        self.last = GaussianNetwork(settings.encoder_channels * side**2, hidden, d_z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.residual(self.first(to_patches(x, self.side, self.size)))
        mean, log_var = self.last(self.dropout(from_maps(maps)))
        return mean.reshape(*x.shape[:-1], -1), log_var.reshape(*x.shape[:-1], -1)


class PatchDecoder(nn.Module):
    """(..., d_z) -> (..., D): the encoder's way back, without a nonlinearity at its end."""

    def __init__(self, side: int, settings: PatchSettings, hidden: Sequence[int], d_z: int):
        """As of the encoder, hidden in the same order."""
        super().__init__()
        self.side = side
        self.first = gated_mlp(d_z, list(reversed(hidden)), settings.channels * side**2)
        self.residual = ResidualConvolutions(settings.channels, settings.depth)
        self.last = nn.Conv2d(settings.channels, settings.size**2, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        maps = self.residual(to_maps(self.first(z.reshape(-1, z.shape[-1])), self.side))
        return from_patches(self.last(maps)).reshape(*z.shape[:-1], -1)


def grid_side(n_dims: int, size: int) -> int:
    """Patches on a side of a square image of n_dims pixels.

    Raises ValueError if n_dims is no square, or if its root is no multiple of size.
    """
    side = math.isqrt(n_dims)
    if side**2 != n_dims:
        raise ValueError(f"network patch: found {n_dims} dimensions, expected those of a square image; mlp takes any")
    if side % size:
        fitting = ", ".join(str(n) for n in range(1, side + 1) if side % n == 0)
        raise ValueError(
            f"network patch: found patches of {size} x {size} pixels and images of {side} x {side}, "
            f"expected a size that divides the side: {fitting}"
        )
    return side // size


def patch_networks(n_dims: int, d_z: int, hidden: Sequence[int], settings: PatchSettings) -> Networks:
    """Encoder and decoder for square images; hidden: widths of the encoder's gated layers, the decoder's are reversed.

    Raises ValueError as grid_side.
    """
    side = grid_side(n_dims, settings.size)
    widest = max(n_dims, 2 * settings.channels * side**2, *(2 * width for width in hidden))  # value and gate
    encoder, decoder = PatchEncoder(side, settings, hidden, d_z), PatchDecoder(side, settings, hidden, d_z)
    return Networks(encoder, decoder, widest)
