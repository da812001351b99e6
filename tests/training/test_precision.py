"""A training with bf16 products: nearly that in float32, and not the same."""

import pytest
import tiny
import torch

from vhp.device import precision
from vhp.training.fit import fit


@pytest.mark.parametrize("network", tiny.NETWORKS)
def test_an_epoch_in_bf16_is_nearly_that_in_float32(monkeypatch, network):
    """As on a processor with bf16 products; others compute the same numbers, slowly."""
    monkeypatch.setattr(precision, "has_bf16", lambda device: True)
    build, data = tiny.NETWORKS[network]
    train, val = data(64), data(30)

    def trained(name):
        torch.manual_seed(0)
        method = build("vhp_rewo")
        (row,) = fit(method, train, val, tiny.training(epochs=1, precision=name), seed=1).history
        return row, torch.cat([tensor.flatten() for tensor in method.model.state_dict().values()])

    (exact, weights), (rounded, rounded_weights) = trained("float32"), trained("bf16")
    assert rounded_weights.dtype == torch.float32
    for name in ("loss", "reconstruction", "kl", "validation_bound"):
        assert rounded[name] != exact[name] and rounded[name] == pytest.approx(exact[name], abs=0.05), name
    # Four steps of Adam at a rate of up to 0.003, in opposite directions at most.
    assert 0 < (rounded_weights - weights).abs().max() <= 2 * 4 * 3e-3
