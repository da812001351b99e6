"""A row of the table of bounds, of numbers made by hand."""

import torch

from stages.inspect.sandwich import row

ENCODER, REFINED = torch.tensor([-2.0, -4.0]), torch.tensor([-1.5, -2.5])
LOWER, UPPER, EXACT = torch.tensor([-2.0, -3.5]), torch.tensor([-1.0, -2.25]), torch.tensor([-1.75, -2.5])
NAMES = "digits-vhp_rewo-0", "simulated"
NONE = "–"


def test_between_bounds():
    bounds = "2.750", "1.625", "1.125"
    apart = "+0.750", "1.00", "+0.375", "0.50"
    assert row(*NAMES, (ENCODER, REFINED), None, LOWER, UPPER) == (*NAMES, "3.000", "2.000", NONE, *bounds, *apart)


def test_with_a_bound_on_one_side():
    bounds = "2.750", NONE, NONE
    apart = "+0.750", "1.00", NONE, NONE
    assert row(*NAMES, (ENCODER, REFINED), None, LOWER, None) == (*NAMES, "3.000", "2.000", NONE, *bounds, *apart)


def test_beside_the_exact_value():
    bounds = NONE, NONE, NONE
    apart = "+0.125", "0.25", "-0.125", "0.25"
    assert row(*NAMES, (ENCODER, REFINED), EXACT, None, None) == (*NAMES, "3.000", "2.000", "2.125", *bounds, *apart)
