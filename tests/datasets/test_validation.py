"""Arrays that are no data: refused before training and before evaluation, with array, row, found and expected."""

import math

import pytest
import tiny
import torch

from vhp.datasets import validation
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.training.fit import fit

FEW = LikelihoodSettings(n_samples=4, precision="float32", compile=False)


def at(x: torch.Tensor, value: float, row: int = 5, column: int = 3) -> torch.Tensor:
    x = x.clone()
    x[row, column] = value
    return x


BINARY, REAL = tiny.patterns(64), tiny.patterns(64, torch.float32)
NO_DATA = {  # (observation, array, message)
    "int64": ("bernoulli", BINARY.long(), "found int64, expected uint8, 255 times .*: the model's observation is Bern"),
    "bool": ("bernoulli", BINARY.bool(), "found bool, expected uint8"),
    "float64": ("gaussian", REAL.double(), "found float64, expected float32"),
    "float16": ("gaussian", REAL.half(), "found float16, expected float32: the model's observation is Gaussian"),
    "uint8 with Gaussian": ("gaussian", BINARY, "found uint8, expected float32: the model's observation is Gaussian"),
    "0 and 1": ("bernoulli", BINARY // 255, "found uint8 of 0 and 1, expected 0 and 255: multiply by 255"),
    "shifted grey": ("bernoulli", 2 * REAL - 0.5, "row 0, column 0: found (-0.5|1.5), expected 0 or 1"),
    "constant": ("bernoulli", torch.full((64, tiny.D), -7.0), "row 0, column 0: found -7, expected 0 or 1"),
    "grey floats": ("bernoulli", at(REAL, 0.3), "row 5, column 3: found 0.3, expected 0 or 1: .*grey values are uint8"),
    "NaN": ("gaussian", at(REAL, math.nan), "row 5, column 3: found nan, expected finite numbers"),
    "NaN among bits": ("bernoulli", at(REAL, math.nan), "row 5, column 3: found nan, expected finite numbers"),
    "infinite": ("gaussian", at(REAL, -math.inf), "row 5, column 3: found -inf, expected finite numbers"),
    "empty": ("bernoulli", BINARY[:0], "found no examples, expected at least one"),
    "narrow": ("bernoulli", BINARY[:, :-1], r"found the shape \(64, 11\), expected \(N, 12\)"),
    "images": ("bernoulli", BINARY.reshape(64, 3, 4), r"found the shape \(64, 3, 4\), expected \(N, 12\)"),
    "scalar": ("bernoulli", BINARY.sum().byte(), r"found the shape \(\), expected \(N, 12\)"),
}
no_data = pytest.mark.parametrize(("observation", "x", "message"), NO_DATA.values(), ids=NO_DATA.keys())


@no_data
def test_nothing_is_trained_on_it(observation, x, message):
    good = BINARY if observation == "bernoulli" else REAL
    method = tiny.build("iwae_l1", observation)
    before = {name: value.clone() for name, value in method.model.state_dict().items()}
    for name, train, val in (("train", x, good), ("val", good, x)):
        with pytest.raises(ValueError, match=f"^{name}(, |: ){message}"):
            fit(method, train, val, tiny.training(epochs=1), seed=1)
    torch.testing.assert_close(method.model.state_dict(), before)


@no_data
def test_it_has_no_likelihood(observation, x, message):
    model = tiny.build("iwae_l1", observation).model
    if x.dtype == torch.float64:  # in which sums may be taken, for a reference
        assert torch.isfinite(estimate(model, x, FEW, seed=1).log_likelihood).all()
        return
    with pytest.raises(ValueError, match=f"^test(, |: ){message}"):
        estimate(model, x, FEW, seed=1)


def test_grey_images_are_trained_on_and_not_measured():
    grey = at(BINARY, 17)
    method = tiny.build("iwae_l1")
    fit(method, grey, grey, tiny.training(epochs=1), seed=1)
    with pytest.raises(
        ValueError, match=r"test, row 5, column 3: found 17, expected 0 and 255 only, .*binarise them once"
    ):
        estimate(method.model, grey, FEW, seed=1)


def test_bits_as_floats_are_data_and_their_likelihood_is_no_density():
    found = estimate(tiny.build("vhp_rewo").model, REAL, FEW, seed=1).log_likelihood
    assert (found <= 0).all()


def test_the_row_is_counted_from_the_first_chunk(monkeypatch):
    monkeypatch.setattr(validation, "CHUNK", 3 * tiny.D)
    with pytest.raises(ValueError, match="x, row 50, column 2: found nan"):
        validation.check_examples("x", at(REAL, math.nan, 50, 2), validation.Expected(tiny.D, False))
