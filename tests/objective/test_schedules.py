"""How beta moves: by hand, against plain Python floats, and as properties of any sequence of constraints."""

import math

import pytest
import reference
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vhp.objective.ablated import OnePhaseRewo
from vhp.objective.schedules import ClippedRewo, Constrained, Geco, Rewo, Schedule, WarmUp, f_beta

positive = st.floats(1e-3, 1e3)
tau = st.floats(0.1, 20)
constraints = st.lists(st.floats(0, 2), min_size=1, max_size=15)


def step(schedule, constraint, progress=0.0):
    schedule.step(torch.tensor(constraint, dtype=torch.float64), progress)


def scalar(x):
    return torch.tensor(x, dtype=torch.float64)


# --- f_beta ---


@given(distance=st.floats(1e-6, 1e3), delta=positive, tau=tau)
def test_f_beta_in_the_four_quadrants(distance, delta, tau):
    """Constraint violated: -1, beta falls. Fulfilled: the sign of beta - 1, so that beta moves towards 1."""
    above, below = scalar(1 + distance), scalar(1 - distance)
    assert f_beta(above, scalar(delta), tau) == -1
    assert f_beta(below, scalar(delta), tau) == -1
    assert f_beta(above, scalar(-delta), tau) > 0
    assert f_beta(below, scalar(-delta), tau) < 0


@given(beta=st.floats(1e-6, 1e3), tau=tau)
def test_f_beta_at_the_edge_of_the_constraint_is_minus_one(beta, tau):
    """H(0) = 1; the update multiplies it by delta = 0, so beta rests."""
    assert f_beta(scalar(beta), scalar(0.0), tau) == -1
    schedule = Rewo(kappa=0.5, nu=2.0, tau=tau, beta_0=beta)
    schedule.main_phase.fill_(True)
    before = schedule.beta.item()
    step(schedule, 0.25)
    assert schedule.beta.item() == pytest.approx(before, rel=1e-15)


@given(exponent=st.floats(-6, 6), delta=st.floats(-1e300, 1e300), tau=tau)
def test_f_beta_is_bounded_from_the_tiniest_to_the_largest_beta(exponent, delta, tau):
    """|f_beta| <= 1, its sign that of its quadrant, and saturated where tanh is, whatever beta's size."""
    beta = 10.0**exponent
    f = f_beta(scalar(beta), scalar(delta), tau).item()
    assert f == -1 if delta >= 0 else math.copysign(1, f) == math.copysign(1, beta - 1) and abs(f) <= 1
    if delta < 0 and tau * (beta - 1) > 20:
        assert f == 1
    if delta < 0 and beta < 1e-3:
        assert f == pytest.approx(-math.tanh(tau), abs=1e-3 * tau)


@given(beta=st.floats(0, 10), delta=st.floats(-10, 10), tau=tau)
def test_f_beta_equals_the_reference(beta, delta, tau):
    result = f_beta(scalar(beta), scalar(delta), tau).item()
    assert result == pytest.approx(reference.f_beta(beta, delta, tau), rel=1e-12, abs=1e-15)


def test_f_beta_is_elementwise():
    beta, delta = torch.tensor([[0.5], [2.0]]), torch.tensor([-1.0, 0.0, 1.0])
    t = math.tanh(1.5), math.tanh(3.0)
    expected = torch.tensor([[-t[0], -1.0, -1.0], [t[1], -1.0, -1.0]])
    torch.testing.assert_close(f_beta(beta, delta, 3.0), expected)


# --- GECO and REWO, step by step ---


def test_geco_by_hand():
    """kappa^2 = 0.25, nu = 2, alpha = 0.5: C = 1, 0.5, 0.25, 0.125, so log beta = -1.5, -2, -2, -1.75."""
    schedule = Geco(kappa=0.5, nu=2.0, alpha=0.5)
    assert schedule.beta.item() == 1.0 and bool(schedule.main_phase)
    for batch, average, log_beta in [(1.0, 1.0, -1.5), (0.0, 0.5, -2.0), (0.0, 0.25, -2.0), (0.0, 0.125, -1.75)]:
        step(schedule, batch)
        assert schedule.constraint.item() == average
        assert math.log(schedule.beta.item()) == pytest.approx(log_beta, rel=1e-13)


def test_rewo_by_hand():
    """kappa^2 = 0.25, nu = 2, tau = 1, beta_0 = 0.5, alpha = 0.5.

    C = 1, 0.5: initial phase. C = 0.125 < kappa^2 ends it; beta has not moved. C = 0.0625, delta = -0.1875:
    f = tanh(-0.5) = -0.46211716, log(beta / 0.5) = 2 * 0.46211716 * 0.1875 = 0.17329393, beta = 0.59460780.
    C = 1.03125, delta = 0.78125: f = -1, beta = 0.59460780 exp(-1.5625) = 0.12463657.
    """
    schedule = Rewo(kappa=0.5, nu=2.0, tau=1.0, beta_0=0.5, alpha=0.5)
    table = [
        (1.0, 1.0, 0.5, False),
        (0.0, 0.5, 0.5, False),
        (-0.25, 0.125, 0.5, True),
        (0.0, 0.0625, 0.59460780, True),
        (2.0, 1.03125, 0.12463657, True),
    ]
    for batch, average, beta, main_phase in table:
        step(schedule, batch)
        assert schedule.constraint.item() == average
        assert schedule.beta.item() == pytest.approx(beta, rel=1e-7)
        assert bool(schedule.main_phase) is main_phase


@given(constraints, st.floats(0.1, 1.4), st.floats(0.01, 1), st.floats(0, 0.999))
def test_geco_equals_the_reference(values, kappa, nu, alpha):
    schedule = Geco(kappa, nu, alpha)
    for value, (average, beta) in zip(values, reference.geco(values, kappa, nu, alpha), strict=True):
        step(schedule, value)
        assert schedule.constraint.item() == pytest.approx(average, rel=1e-12)
        assert schedule.beta.item() == pytest.approx(beta, rel=1e-12)


@given(constraints, st.floats(0.1, 1.4), st.floats(0.01, 1), tau, st.floats(1e-3, 0.99), st.floats(0, 0.999))
def test_rewo_equals_the_reference(values, kappa, nu, tau, beta_0, alpha):
    expected = reference.rewo(values, kappa, nu, tau, beta_0, alpha)
    # A C_t within rounding of kappa^2 may fall on either side of it.
    assume(all(abs(average - kappa**2) > 1e-12 for average, _, _ in expected))
    schedule = Rewo(kappa, nu, tau, beta_0, alpha)
    for value, (average, beta, main_phase) in zip(values, expected, strict=True):
        step(schedule, value)
        assert schedule.constraint.item() == pytest.approx(average, rel=1e-12)
        assert schedule.beta.item() == pytest.approx(beta, rel=1e-10)
        assert bool(schedule.main_phase) is main_phase


@given(st.lists(st.floats(0.2501, 1e3), min_size=1, max_size=15), st.floats(0.01, 0.9))
def test_initial_phase_freezes_beta_while_the_constraint_is_violated(values, beta_0):
    schedule = Rewo(kappa=0.5, nu=1.0, tau=3.0, beta_0=beta_0)
    for value in values:
        step(schedule, value)
        assert schedule.beta.item() == beta_0
        assert not schedule.main_phase


def test_initial_phase_ends_with_the_moving_average_not_with_one_lucky_batch():
    schedule = Rewo(kappa=0.5, nu=1.0, tau=3.0, beta_0=0.1, alpha=0.9)
    step(schedule, 1.0)
    step(schedule, 0.0)  # C_t = 0.9
    assert not schedule.main_phase
    n = 0
    while not schedule.main_phase:
        step(schedule, 0.0)
        n += 1
    # 0.9^(n + 1) < 0.25 first at n + 1 = 14.
    assert n == 13


def test_initial_phase_does_not_end_on_the_edge_of_the_constraint():
    """The paper: until C_t < kappa^2, strictly."""
    schedule = Rewo(kappa=0.5, nu=1.0, tau=3.0, beta_0=0.1)
    step(schedule, 0.25)
    assert not schedule.main_phase


def test_the_main_phase_does_not_end():
    schedule = Rewo(kappa=0.5, nu=1.0, tau=3.0, beta_0=0.5, alpha=0.0)
    step(schedule, 0.1)
    for _ in range(3):
        before = schedule.beta.item()
        step(schedule, 0.75)
        assert schedule.main_phase
        assert schedule.beta.item() == pytest.approx(before * math.exp(-0.5), rel=1e-12)


# --- what the paper promises ---


@settings(max_examples=25)
@given(
    beta_0=st.floats(1e-3, 3),
    kappa=st.floats(0.2, 1.0),
    share=st.floats(0.0, 0.5),
    gain=st.floats(0.2, 50),
    tau=st.floats(1, 5),
)
def test_rewo_ends_at_beta_one_whenever_the_constraint_holds(beta_0, kappa, share, gain, tau):
    """C = share kappa^2 stays below kappa^2. gain = nu tau kappa^2: the bare formula oscillates round 1 from 2 on."""
    nu = gain / (tau * kappa**2)
    schedule = Rewo(kappa, nu, tau, beta_0)
    for _ in range(1000):
        step(schedule, share * kappa**2)
    assert schedule.beta.item() == pytest.approx(1.0, abs=1e-6)


@given(
    exponent=st.floats(-6, 6),
    shares=st.lists(st.floats(-1e3, 1, exclude_max=True), min_size=1, max_size=40),
    nu=st.floats(1e-3, 1e3),
    tau=tau,
)
def test_every_step_with_the_constraint_fulfilled_takes_beta_nearer_to_one_and_never_past_it(exponent, shares, nu, tau):
    """Whatever values C = share kappa^2 takes below kappa^2, and from both ends of beta's range."""
    schedule = Rewo(0.5, nu, tau, beta_0=10.0**exponent, alpha=0.0)
    schedule.main_phase.fill_(True)
    for share in shares:
        before = math.log(schedule.beta.item())
        step(schedule, share * 0.25)
        after = math.log(schedule.beta.item())
        assert abs(after) <= abs(before) + 1e-12
        assert after * before >= 0 or abs(after) < 1e-12


def test_geco_does_not_end_at_one():
    """The reason for REWO: GECO's beta grows for as long as the constraint holds."""
    schedule = Geco(kappa=0.5, nu=1.0)
    for _ in range(20):
        step(schedule, 0.15)
    assert schedule.beta.item() == pytest.approx(math.exp(20 * 0.1), rel=1e-10)


@pytest.mark.parametrize("make", [lambda: Geco(0.5, 7.0), lambda: Rewo(0.5, 7.0, 3.0, 0.01)], ids=["geco", "rewo"])
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_beta_stays_finite_and_positive_for_any_finite_constraint(make, values):
    """Infinite and NaN constraints are not promised: training stops with TrainingDivergedError."""
    schedule = make()
    step(schedule, -1.0)  # into the main phase
    for value in values:
        step(schedule, value)
        assert Constrained.BETA_RANGE[0] <= schedule.beta.item() <= Constrained.BETA_RANGE[1]


def test_beta_returns_after_an_absurd_constraint():
    schedule = Rewo(kappa=0.5, nu=1.0, tau=3.0, beta_0=0.01, alpha=0.0)
    step(schedule, 0.0)
    for _ in range(20):
        step(schedule, 1e30)
    assert schedule.beta.item() == pytest.approx(Constrained.BETA_RANGE[0])
    for _ in range(400):
        step(schedule, 0.0)
    assert schedule.beta.item() == pytest.approx(1.0, abs=1e-6)


# --- warm-up and the constant schedule ---


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_warm_up_is_linear_and_reaches_one(share):
    schedule, n = WarmUp(share), 40
    assert schedule.beta.item() == 0.0
    for t in range(1, n + 1):
        step(schedule, 1.0, progress=t / n)
        assert schedule.beta.item() == pytest.approx(reference.warm_up(t, n, share), rel=1e-12)
    assert schedule.beta.item() == 1.0


def test_warm_up_over_no_share_is_one_from_the_start():
    schedule = WarmUp(0.0)
    assert schedule.beta.item() == 1.0
    step(schedule, 1.0, progress=0.1)
    assert schedule.beta.item() == 1.0


def test_the_plain_schedule_keeps_beta_one_and_still_averages_the_constraint():
    schedule = Schedule(alpha=0.5)
    for c in (3.0, 1.0):
        step(schedule, c)
    assert schedule.beta.item() == 1.0 and schedule.constraint.item() == 2.0


# --- state ---


@pytest.mark.parametrize(
    "make",
    [lambda: Geco(0.5, 1.0), lambda: Rewo(0.5, 1.0, 3.0, 0.01), lambda: WarmUp(0.5)],
    ids=["geco", "rewo", "warm_up"],
)
def test_a_restored_schedule_goes_on_exactly(make):
    first, values = make(), [0.9, 0.1, 0.0, 0.3, 0.2, 0.7]
    for t in range(3):
        step(first, values[t], progress=(t + 1) / 6)
    second = make()
    second.load_state_dict(first.state_dict())
    for t in range(3, 6):
        for schedule in (first, second):
            step(schedule, values[t], progress=(t + 1) / 6)
    for name in ("beta", "constraint", "main_phase"):
        assert torch.equal(getattr(first, name), getattr(second, name)), name


@pytest.mark.parametrize("make", [lambda: Geco(0.5, 1.0), lambda: Rewo(0.5, 1.0, 3.0, 0.01)], ids=["geco", "rewo"])
def test_the_constraints_graph_is_not_kept(make):
    """Otherwise every step's graph would hang on the moving average until memory is full."""
    schedule = make()
    for value in (0.1, 0.2, 0.3):
        schedule.step(torch.tensor(value, requires_grad=True) * 2, 0.0)
    assert not schedule.constraint.requires_grad
    assert not schedule.beta.requires_grad


@pytest.mark.parametrize(
    "make",
    [
        lambda: WarmUp(1.0),
        lambda: Geco(0.5, 1.0),
        lambda: Rewo(0.5, 1.0, 3.0, 0.01),
        lambda: ClippedRewo(0.5, 1, 9, 0.1),
    ],
    ids=["warm-up", "geco", "rewo", "later"],
)
def test_a_step_that_was_not_taken_leaves_everything_as_it_was(make):
    """Whatever its constraint is; also as the first step, and as that which would have begun the main phase."""
    with_bad, without = make(), make()
    for t, (constraint, taken) in enumerate(
        [(math.nan, 0), (0.4, 1), (1e9, 0), (0.3, 1), (-1e9, 0), (0.1, 1), (0.0, 1)]
    ):
        with_bad.step(torch.tensor(constraint), t / 10, counts=torch.tensor(bool(taken)))
        if taken:
            without.step(torch.tensor(constraint), t / 10)
        for name, tensor in without.state_dict().items():
            assert torch.equal(with_bad.state_dict()[name], tensor) or tensor.isnan(), (t, name)
            assert bool(with_bad.state_dict()[name].isnan()) == bool(tensor.isnan()), (t, name)


# --- the later update ---


def test_the_later_update_has_no_kl_before_its_main_phase_and_then_starts_at_beta_0():
    schedule = ClippedRewo(kappa=0.5, nu=1.0, tau=100.0, beta_0=0.02, alpha=0.0)
    for constraint in (0.9, 0.6, 0.3):  # kappa^2 = 0.25
        assert (schedule.beta.item(), bool(schedule.main_phase)) == (0.0, False)
        step(schedule, constraint)
    step(schedule, 0.2)
    assert (schedule.beta.item(), bool(schedule.main_phase)) == (pytest.approx(0.02), True)


@pytest.mark.parametrize(("constraint", "factor"), [(1e3, 1 / 1.05), (0.0, 1 / 0.9)])
def test_one_later_update_changes_lambda_by_a_tenth_down_or_a_twentieth_up_at_most(constraint, factor):
    schedule = ClippedRewo(kappa=0.5, nu=1e3, tau=100.0, beta_0=0.02, alpha=0.0)
    step(schedule, 0.0)
    step(schedule, constraint)
    assert schedule.beta.item() == pytest.approx(0.02 * factor)


@pytest.mark.parametrize("beta_0", [0.02, 1e7])
def test_the_later_update_equals_the_reference_at_both_ends_of_its_range(beta_0):
    """700 steps with C far above kappa^2 = 0.25 take beta to the lower end, 200 far below it back to one."""
    values = [0.0] + 700 * [5.0] + 200 * [0.0]
    expected = reference.rewo_clipped(values, 0.5, 10.0, 100.0, beta_0, 0.0)
    schedule = ClippedRewo(kappa=0.5, nu=10.0, tau=100.0, beta_0=beta_0, alpha=0.0)
    for value, (_, beta, main_phase) in zip(values, expected, strict=True):
        step(schedule, value)
        assert schedule.beta.item() == pytest.approx(beta, rel=1e-10)
        assert bool(schedule.main_phase) is main_phase
    reached = [expected[at][1] for at in (1, 700, 900)]
    assert reached == pytest.approx([min(beta_0 / 1.05, 1e6), 1e-8, 1.0])


def test_the_later_update_within_its_limits_is_rewo_s():
    later, rewo = (make(0.5, 0.1, 3.0, 0.02, 0.9) for make in (ClippedRewo, Rewo))
    for constraint in (0.1, 0.3, 0.26, 0.24, 0.2, 0.3, 0.1):
        step(later, constraint)
        step(rewo, constraint)
    assert later.beta.item() == pytest.approx(rewo.beta.item(), rel=1e-12)


def test_geco_has_settled_when_its_beta_is_back_at_one():
    """Before, beta falls and rises by decades; a training judged by its bound then would end in the middle of that."""
    schedule, seen = Geco(kappa=1.0, nu=1.0, alpha=0.0), []
    for c in (3.0, 0.9, 1.1, 0.1, 0.0, 0.0):  # the sum of c - 1 falls below 0 with the last
        schedule.step(torch.tensor(c), progress=0.0)
        seen.append(schedule.settled)
    assert seen == [False, False, False, False, False, True]


def test_without_an_initial_phase_rewo_has_settled_when_its_beta_is_back_where_it_began():
    schedule, seen = OnePhaseRewo(kappa=1.0, nu=1.0, tau=5.0, beta_0=0.01, alpha=0.0), []
    for c in (3.0, 0.9, 0.1, 0.0, 0.0, 0.0):
        schedule.step(torch.tensor(c), progress=0.0)
        seen.append(schedule.settled)
    # log beta: log 0.01 - 2, then + 0.1, 0.9, 1, 1, 1, times tanh(5 (1 - beta)), nearly 1.
    assert seen == [False, False, False, False, True, True]
