"""When the learning rate falls, and when a training ends."""

import pytest
import tiny
import torch
from test_training import build, settings, stop_before, weights

from vhp.resumable import Checkpoint, Resumable, UnfinishedError
from vhp.training.fit import fit
from vhp.training.pace import Pace


def run_through(pace, bounds, settled_from=1):
    """The epochs of a training whose validation bounds are these, until it ends."""
    seen = []
    for epoch, bound in enumerate(bounds, 1):
        seen.append((epoch, bound))
        pace.see(epoch, seen, settled=epoch >= settled_from)
        if epoch == pace.last_epoch:
            return epoch
    raise AssertionError(f"the training did not end with epoch {pace.last_epoch}")


def test_the_factor_by_hand():
    """100 epochs: up over 10, flat to 50, down to 2 % at 100."""
    pace = Pace(settings(epochs=100, learning_rate_warm_up=0.1, learning_rate_fall=1.0, learning_rate_final=0.02))
    table = {1: 0.1, 5: 0.5, 10: 1.0, 30: 1.0, 50: 1.0, 75: 0.51, 99: 0.0396, 100: 0.02}
    assert [pace.factor(time) for time in table] == pytest.approx(list(table.values()), rel=1e-12)


def test_without_warm_up_and_without_a_fall_the_factor_is_one():
    pace = Pace(settings(epochs=7, learning_rate_warm_up=0.0, learning_rate_fall=0.0))
    assert {pace.factor(epoch) for epoch in range(1, 8)} == {1.0}


def test_the_rate_falls_when_the_bound_has_stopped_rising_and_the_training_ends_with_the_fall():
    """The bound gains 1 per epoch up to epoch 10; with 3 epochs' patience that is known after epoch 13."""
    pace = Pace(settings(epochs=100, patience=3, least_gain=0.5, learning_rate_warm_up=0.0, learning_rate_fall=0.5))
    assert run_through(pace, [min(epoch, 10) for epoch in range(1, 101)]) == 20  # 13 + 6.5
    assert (pace.falls_from, pace.converged) == (13.0, True)
    assert pace.factor(13) == 1 and pace.factor(14) < 1
    assert pace.factor(20) == pytest.approx(pace.settings.learning_rate_final)


@pytest.mark.parametrize(("fall", "falls_from", "last"), [(0.1, 30.0, 33), (0.5, 13.0, 20), (1.0, 7.0, 14)])
def test_the_last_epoch_is_that_in_which_the_fall_ends(fall, falls_from, last):
    """30 * 1.1 is 33.000000000000004."""
    assert Pace(settings(epochs=100, learning_rate_fall=fall), falls_from=falls_from).last_epoch == last


def test_a_bound_that_creeps_has_stopped_rising():
    pace = Pace(settings(epochs=100, patience=4, least_gain=0.5, learning_rate_fall=1.0))
    run_through(pace, [0.1 * epoch for epoch in range(1, 101)])  # 0.4 in 4 epochs
    assert (pace.falls_from, pace.converged) == (5.0, True)


def test_a_bound_that_still_rises_is_not_converged_and_the_training_ends_in_time():
    pace = Pace(settings(epochs=30, patience=3, least_gain=0.5, learning_rate_fall=0.5))
    assert run_through(pace, range(1, 31)) == 30
    assert (pace.falls_from, pace.converged) == (20.0, False)


def test_bounds_count_from_the_epoch_in_which_the_objective_has_settled():
    """A bound at beta = 1 that falls during the warm-up says nothing about convergence."""
    pace = Pace(settings(epochs=100, patience=3, least_gain=0.5, learning_rate_fall=0.5))
    bounds = [*range(20, 10, -1), *range(0, 10), *[9] * 80]
    run_through(pace, bounds, settled_from=11)
    assert pace.settled_at == 11
    assert (pace.falls_from, pace.converged) == (23.0, True)


def test_without_patience_nobody_says_whether_it_converged():
    pace = Pace(settings(epochs=10, patience=None, learning_rate_fall=1.0))
    assert run_through(pace, [0.0] * 10) == 10
    assert (pace.falls_from, pace.converged) == (None, None)


@pytest.mark.parametrize(("epochs", "every"), [(7, 3), (8, 5), (20, 4)])
def test_whatever_the_intervals_of_validation_the_last_epoch_is_validated(epochs, every):
    s = settings(epochs=epochs, validate_every=every, patience=every, least_gain=1e3, learning_rate_fall=0.3)
    result = fit(build("iwae_l1"), tiny.patterns(64), tiny.patterns(9), s, seed=1)
    last = result.history[-1]["epoch"]
    assert last <= epochs
    assert result.history[-1]["learning_rate"] == pytest.approx(s.learning_rate * s.learning_rate_final)


EARLY = {"epochs": 40, "patience": 4, "least_gain": 1e3, "learning_rate": 2e-2}  # no gain is enough


@pytest.mark.parametrize("name", ["vhp_rewo", "vampprior", "iwae_l1"])
def test_a_training_that_ends_early_is_the_same_however_often_it_is_stopped(name, tmp_path):
    train, val, changed = tiny.patterns(64), tiny.patterns(30), {"kappa": 0.81} if name == "vhp_rewo" else {}
    whole, resumed = build(name, **changed), build(name, seed=5, **changed)
    expected = fit(whole, train, val, settings(**EARLY), seed=1)
    assert expected.converged and expected.history[-1]["epoch"] < 40
    stopped = Resumable(Checkpoint(tmp_path / "run"), 1e6, stop=lambda: True)
    for sitting, _ in enumerate(expected.history[:-1]):
        with pytest.raises(UnfinishedError):
            fit(build(name, seed=sitting, **changed), train, val, settings(**EARLY), 1, stopped)
    result = fit(resumed, train, val, settings(**EARLY), 1, stopped)
    assert result.history == expected.history
    assert (result.falls_from, result.converged) == (expected.falls_from, expected.converged)
    for a, b in zip(weights(resumed).values(), weights(whole).values(), strict=True):
        assert torch.equal(a, b)


def test_the_objective_of_a_method_with_phases_settles_after_the_first(tmp_path):
    """Patience begins there: with REWO's main phase, and at the end of VampPrior's warm-up (0.2 of 40 epochs)."""
    train, val = tiny.patterns(64), tiny.patterns(30)
    result = fit(build("vampprior"), train, val, settings(**EARLY), seed=1)
    assert result.falls_from == 8 + 4
    result = fit(build("vhp_rewo", kappa=0.81), train, val, settings(**EARLY), seed=1)
    begins = next(row["epoch"] for row in result.history if row["main_phase"])
    assert result.falls_from == begins + 4


def test_gain_of_the_last_tenth():
    train, val = tiny.patterns(64), tiny.patterns(30)
    result = fit(build("iwae_l1"), train, val, settings(epochs=20, learning_rate=1e-3), seed=1)
    bounds = [row["validation_bound"] for row in result.history]
    assert result.gain_last_tenth == pytest.approx(max(bounds) - max(bounds[:18]))
    assert fit(build("iwae_l1"), train, val, settings(epochs=1), seed=1).gain_last_tenth is None


def test_interrupted_before_the_first_checkpoint_it_begins_anew(tmp_path):
    train, val = tiny.patterns(64), tiny.patterns(30)
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(InterruptedError):
        fit(build("iwae_l1"), train, val, settings(**EARLY), 1, Resumable(checkpoint, 1e6, progress=stop_before(3)))
    expected = fit(build("iwae_l1"), train, val, settings(**EARLY), 1)
    assert (
        fit(build("iwae_l1"), train, val, settings(**EARLY), 1, Resumable(checkpoint, 1e6)).history == expected.history
    )
