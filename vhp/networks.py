"""Gated multilayer perceptrons (Tomczak & Welling 2018, section 5: h = (W x + b) * sigmoid(V x + c))."""

from collections.abc import Sequence
from itertools import pairwise

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
        out = self.network(x)
        # Under bf16 autocast the products are bf16; densities are always computed in float32 or better.
        mean, log_var = (out.float() if out.dtype == torch.bfloat16 else out).chunk(2, dim=-1)
        return mean, log_var
