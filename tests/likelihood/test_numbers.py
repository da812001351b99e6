"""The images' numbers: what is no number for each image is refused before any estimate is made."""

import pytest
import tiny
import torch

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.numbers import image_numbers
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings

WRONG = {
    "list": ([0, 1, 2], r"numbers: found a list, expected a tensor: torch.tensor\(numbers\)"),
    "array": (torch.arange(3).numpy(), "numbers: found a ndarray, expected a tensor"),
    "short": (torch.arange(2), r"numbers: found the shape \(2,\), expected \(3,\), one for each image"),
    "long": (torch.arange(4), r"numbers: found the shape \(4,\), expected \(3,\)"),
    "matrix": (torch.arange(3)[:, None], r"numbers: found the shape \(3, 1\), expected \(3,\)"),
    "float": (torch.arange(3.0), "numbers: found float32, expected integers: numbers.long"),
    "negative": (torch.tensor([0, 1, -1]), "numbers: found -1 to 1, expected integers from 0 to 1000002"),
    "large": (torch.tensor([0, 1, 2**32]), "numbers: found 0 to 4294967296, expected integers from 0"),
    "bool": (torch.ones(3, dtype=torch.bool), "numbers: found bool, expected integers"),
}


REFINEMENT = RefinedSettings(pilot=8, enough=1.0, modes=1, steps=1, centring=0, rounds=0)


@pytest.mark.parametrize("numbers, message", WRONG.values(), ids=WRONG)
def test_what_are_no_numbers_is_refused_by_both_estimates(numbers, message):
    model, x, settings = tiny.build("iwae_l1").model, tiny.patterns(3), LikelihoodSettings(n_samples=8)
    with pytest.raises(ValueError, match=message):
        estimate(model, x, settings, 0, numbers)
    encoder = estimate(model, x, settings, 0)
    with pytest.raises(ValueError, match=message):
        refine(model, x, encoder, settings, REFINEMENT, 0, numbers)


def test_numbers_are_the_positions_if_none_are_given():
    assert image_numbers(None, 3).tolist() == [0, 1, 2]
    numbers = torch.tensor([7, 7, 2], dtype=torch.int32)
    assert image_numbers(numbers, 3) is numbers
