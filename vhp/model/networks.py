"""Gated multilayer perceptrons (Tomczak & Welling 2018, section 5: h = (W x + b) * sigmoid(V x + c))."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn


class GatedLayer(nn.Module):
    """(..., n_in) -> (..., n_out). Both halves are one matrix product."""

    def __init__(self, n_in: int, n_out: int):
        super().__init__()
        self.linear = nn.Linear(n_in, 2 * n_out)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.linear(x).chunk(2, dim=-1)
        return value * torch.sigmoid(gate)


def gated_mlp(n_in: int, hidden: Sequence[int], n_out: int) -> nn.Sequential:
    """Gated hidden layers of the given widths, then a linear layer: (..., n_in) -> (..., n_out)."""
    widths = [n_in, *hidden]
    layers = [GatedLayer(a, b) for a, b in pairwise(widths)]
    return nn.Sequential(*layers, nn.Linear(widths[-1], n_out))


class GaussianNetwork(nn.Module):
    """Mean and log-variance of a diagonal Gaussian: (..., n_in) -> (..., n_out), (..., n_out), both float32."""

    def __init__(self, n_in: int, hidden: Sequence[int], n_out: int):
        super().__init__()
        self.network = gated_mlp(n_in, hidden, 2 * n_out)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return gaussian_parameters(self.network(x))


# Standard deviations from exp(-4) to exp(4), fifty times less and more than the prior's: no latent code needs others.
# And a network that meets strange inputs, such as an untrained prior at the beginning of REWO's main phase, gives no
# variance whose inverse ends the training.
LOG_VAR_LIMIT = 8.0


def gaussian_parameters(out: Tensor) -> tuple[Tensor, Tensor]:
    """A network's output (..., 2 n) as mean and log-variance, (..., n) each, float32 or better.

    The log-variance v is bounded smoothly, as LOG_VAR_LIMIT tanh(v / LOG_VAR_LIMIT).
    """
    # Under bf16 autocast the products are bf16; densities are always computed in float32 or better.
    mean, log_var = (out.float() if out.dtype == torch.bfloat16 else out).chunk(2, dim=-1)
    return mean, LOG_VAR_LIMIT * torch.tanh(log_var / LOG_VAR_LIMIT)


class Networks(NamedTuple):
    """The two networks of a variational autoencoder."""

    encoder: nn.Module  # (..., D) -> mean, log_var of q_phi(z|x), each (..., d_z)
    decoder: nn.Module  # (..., d_z) -> (..., D)
    floats_per_decode: int  # memory of a decoded z while it is computed, about: the numbers of the widest layer


def mlp(n_dims: int, d_z: int, hidden: Sequence[int]) -> Networks:
    """Gated multilayer perceptrons; hidden: widths of the encoder's layers, the decoder's are reversed."""
    encoder = GaussianNetwork(n_dims, hidden, d_z)
    decoder = gated_mlp(d_z, list(reversed(hidden)), n_dims)
    widest = max(n_dims, *(2 * width for width in hidden))  # value and gate
    return Networks(encoder, decoder, widest)
