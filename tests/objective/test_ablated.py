"""REWO's schedule without a part: against plain Python floats."""

import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st

from vhp.objective.ablated import OnePhaseRewo, SlopelessRewo

SETTINGS = {"kappa": 0.7, "nu": 3.0, "beta_0": 0.05, "alpha": 0.5}
constraints = st.lists(st.floats(0, 2), min_size=1, max_size=15)


def states(schedule, values):
    rows = []
    for value in values:
        schedule.step(torch.tensor(value, dtype=torch.float64), 0.0)
        rows.append((schedule.constraint.item(), schedule.beta.item(), bool(schedule.main_phase)))
    return rows


def equal(found, expected):
    for row, wanted in zip(found, expected, strict=True):
        assert row[:2] == pytest.approx(wanted[:2], rel=1e-9) and row[2] == wanted[2]


@given(constraints)
def test_one_phase_moves_beta_from_the_first_step(values):
    equal(states(OnePhaseRewo(tau=3.0, **SETTINGS), values), reference.rewo(values, tau=3.0, main=True, **SETTINGS))


@given(constraints)
def test_without_a_slope_the_step_is_that_of_the_sign(values):
    equal(states(SlopelessRewo(**SETTINGS), values), reference.rewo(values, tau=None, **SETTINGS))


def test_without_a_slope_beta_rises_evenly_and_stops_at_one():
    schedule = SlopelessRewo(kappa=1.0, nu=1.0, beta_0=0.25, alpha=0.0)
    betas = [row[1] for row in states(schedule, [0.5] * 5)]
    # The first step still belongs to the initial phase; then log beta rises by nu |C - kappa^2| = 0.5 until it is 0.
    expected = [0.25, 0.25 * torch.tensor(0.5).exp().item(), 0.25 * torch.tensor(1.0).exp().item(), 1.0, 1.0]
    assert betas == pytest.approx(expected)
