"""Operations and bytes, against sums over the layers."""

import numpy as np
import pytest
import tiny
import torch

from stages.files import write_json
from stages.inspect import cost

SIDE, B, S, D_Z, N_Z = 8, 5, 20, 3, 4
CONFIG = {
    "run": {"dataset": "digits", "method": "iwae_l1", "seed": 0, "budget": "smoke"},
    "method": {"n_importance": N_Z},
    "training": vars(tiny.training(batch_size=B)) | {"threads": 1},
    "evaluation": {"n_samples": S, "n_test": None, "precision": "float32", "compile": False},
}
MLP = CONFIG | {"model": {"d_z": D_Z, "network": "mlp", "hidden": [6]}}
CONV = CONFIG | {"model": {"d_z": D_Z, "network": "conv", "hidden": [2, 5]}}


def test_operands_and_results_of_a_product_are_counted_and_nothing_else():
    a, b = torch.rand(2, 3), torch.rand(3, 7)
    found = cost.counted(lambda: (a @ b).exp().sum(), itemsize=2, extra_bytes=10)
    assert (found.flops, found.bytes) == (2 * 2 * 3 * 7, 2 * (2 * 3 + 3 * 7 + 2 * 7) + 10)


def test_a_training_step_costs_three_products_per_layer():
    """Forward, and backward one for the weights and one for the input, which the images do not need."""
    encoder = SIDE**2 * 12 + 6 * 2 * D_Z
    decoder = D_Z * 12 + 6 * SIDE**2
    found = cost.step_cost(MLP, SIDE**2)
    assert found.flops == 2 * B * (3 * encoder - SIDE**2 * 12 + N_Z * 3 * decoder)


def convolutions(channels_in, channels_out, side):
    return 2 * 9 * channels_in * channels_out * side**2


@pytest.mark.parametrize(
    ("config", "decoder"),
    [
        (MLP, 2 * (D_Z * 12 + 6 * SIDE**2)),
        (
            CONV,
            2 * D_Z * 2 * 5 * 4  # to 5 gated channels of 2 x 2
            + 2 * convolutions(5, 10, 2)
            + convolutions(5, 4 * 2 * 2, 2)  # to 4 x 4
            + 2 * convolutions(2, 4, 4)
            + convolutions(2, 4, 4),  # to 8 x 8
        ),
    ],
)
def test_the_likelihood_of_an_image_costs_its_decoded_samples(config, decoder):
    assert cost.image_cost(config, SIDE**2).flops == S * decoder


def test_the_floor_is_that_of_operations_or_bytes_whichever_takes_longer():
    assert cost.Cost(cost.PEAK_FLOPS["bf16"] * 2, cost.PEAK_BYTES).seconds("bf16") == 2
    assert cost.Cost(cost.PEAK_FLOPS["bf16"] * 2, cost.PEAK_BYTES * 3).seconds("bf16") == 3


def test_a_row_has_the_steps_of_the_whole_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "processed").mkdir(parents=True)
    arrays = {split: np.zeros((n, SIDE**2), np.uint8) for split, n in (("train", 23), ("val", 2), ("test", 7))}
    np.savez(tmp_path / "data" / "processed" / "digits.npz", **arrays)
    write_json(tmp_path / "runs" / "configs" / "digits-iwae_l1-0.json", CONV)
    cells = dict(zip(cost.COLUMNS, cost.row("digits-iwae_l1-0"), strict=True))
    assert cells["steps"] == str(6 * (23 // B))
