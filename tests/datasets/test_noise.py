"""Noise of training batches: its size, what refuses it, and that a training with it can be repeated and resumed."""

import pytest
import tiny
import torch

from vhp.datasets.noise import check_noise, with_noise
from vhp.training.fit import Training, fit

NOISE = torch.linspace(0, 0.5, tiny.D)


def test_noise_has_the_given_deviation_in_each_dimension():
    torch.manual_seed(0)
    x = torch.randn(1, tiny.D)
    noisy = with_noise(x.expand(20_000, -1), NOISE)
    torch.testing.assert_close(noisy.mean(0), x[0], rtol=0, atol=0.02)
    torch.testing.assert_close(noisy.std(0), NOISE, rtol=0.03, atol=0)
    assert torch.equal(noisy[:, 0], x[0, 0].expand(20_000))


def test_without_noise_rows_and_random_state_stay_as_they_are():
    state, x = torch.get_rng_state(), torch.ones(2, 3)
    assert with_noise(x, None) is x
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("noise", "train", "message"),
    [
        (torch.ones(3), torch.zeros(5, 3, dtype=torch.uint8), "found it for uint8 training data"),
        (torch.ones(2), torch.zeros(5, 3), r"found the shape \(2,\), expected \(3,\)"),
        (torch.tensor([0.1, -0.1]), torch.zeros(5, 2), "found -0.1 to 0.1, expected numbers from 0"),
    ],
)
def test_noise_that_training_data_cannot_get_is_refused(noise, train, message):
    with pytest.raises(ValueError, match=f"^noise: {message}"):
        check_noise(noise, train)


def test_each_batch_gets_its_own_and_a_seed_gives_the_same_training():
    train, val = torch.randn(64, tiny.D), torch.randn(30, tiny.D)
    seen = []

    def trained(noise):
        torch.manual_seed(0)
        method = tiny.build("vhp_elbo", "gaussian")
        step = Training.step
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Training, "step", lambda self, x, n: (seen.append(x.clone()), step(self, x, n))[1])
            fit(method, train, val, tiny.training(epochs=2), seed=3, noise=noise)
        return method.model.state_dict()

    first, second, clean = trained(NOISE), trained(NOISE), trained(None)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], clean[key]) for key in first)
    noisy, without = torch.cat(seen[:8]), torch.cat(seen[16:])
    rows = {tuple(row.tolist()) for row in train}
    assert all(tuple(row.tolist()) in rows for row in without)
    # The same rows in the same order, and what is added differs from epoch to epoch.
    assert torch.equal(noisy[:, 0].sort().values, without[:, 0].sort().values)
    assert len({tuple(row.tolist()) for row in noisy}) == len(noisy)
