"""A training takes the processor time that it is given, and says how much it took."""

import itertools
from dataclasses import replace

import pytest
import torch

from stages.inspect.front import fitting
from stages.inspect.front.fitting import MOST_VALIDATIONS, Plan, build, plan, planned, trained
from stages.inspect.front.table import NETWORKS, read
from vhp.training.fit import validation_bound

NETWORK = read(NETWORKS, "static_mnist")["patch-channels-32"]
NETWORK = replace(NETWORK, training=NETWORK.training | {"compile": False})


@pytest.fixture
def data():
    x = 255 * (torch.rand(300, 64) < 0.5).to(torch.uint8)
    return x[:256], x[256:]


@pytest.fixture
def clock(monkeypatch):
    """A processor whose every reading is a second after the one before."""
    ticks = itertools.count()
    monkeypatch.setattr(fitting.time, "process_time", lambda: float(next(ticks)))


@pytest.mark.parametrize(
    ("seconds", "epoch", "validation"),
    [(60, 1, 0.1), (60, 1, 5), (60, 0.01, 0), (3600, 27, 8), (300, 7, 40), (1, 5, 3)],
)
def test_as_many_epochs_as_fit_into_the_time(seconds, epoch, validation):
    found = plan(seconds, epoch, validation)
    validations = -(-found.epochs // found.validate_every)
    assert 1 <= validations <= MOST_VALIDATIONS
    assert found.epochs * epoch + validations * validation <= seconds or found.epochs == 1
    assert (found.epochs + 1) * epoch + MOST_VALIDATIONS * validation > seconds
    assert validations * validation <= 0.1 * seconds or validations == 1


def test_a_plan_goes_by_the_time_of_a_step(data, clock):
    """A second for an epoch of the trial, which has two steps as the training has: so a second per epoch."""
    found = planned(build(NETWORK, "bernoulli", data[0], 0), NETWORK, *data, seconds=50)
    assert found == plan(50, epoch_seconds=1.0, validation_seconds=1.0)


def test_what_compiling_takes_is_no_time_of_a_step(data, monkeypatch):
    """A second in each reading of the clock, and ten more in the first epoch of a trial as long as the training."""
    compiling, lengths = replace(NETWORK, training=NETWORK.training | {"compile": True}), []
    times = iter([0, 1, *(2 + i for i in range(6)), 20, *(31 + i for i in range(5))])
    monkeypatch.setattr(fitting.time, "process_time", lambda: float(next(times)))
    settings_of = fitting.settings_of

    def noted(network, epochs, validate_every):
        lengths.append(epochs)
        return replace(settings_of(network, epochs, validate_every), compile=False)

    monkeypatch.setattr(fitting, "settings_of", noted)
    found = planned(build(compiling, "bernoulli", data[0], 0), compiling, *data, seconds=50)
    assert found == plan(50 - 10, epoch_seconds=1.0, validation_seconds=1.0)
    assert lengths == [6, plan(50, 1.0, 1.0).epochs]


def test_the_time_of_all_epochs_is_counted_and_validations_are_not_steps(data, clock):
    method = build(NETWORK, "bernoulli", data[0], 0)
    result = trained(method, NETWORK, *data, Plan(epochs=6, validate_every=3, validation_seconds=0.5), seed=0)
    assert result.processor_minutes == pytest.approx(6 / 60)
    assert result.steps == 6 * 2
    assert result.ms_per_step == pytest.approx(1e3 * (6 - 2 * 0.5) / 12)


def test_the_method_ends_with_the_weights_of_the_bound(data):
    method = build(NETWORK, "bernoulli", data[0], 0)
    result = trained(method, NETWORK, *data, Plan(4, 2, 0.0), seed=0)
    assert result.best_epoch in (2, 4)
    assert validation_bound(method, data[1]) == result.validation_bound


def test_a_network_is_the_same_at_each_build(data):
    states = [build(NETWORK, "bernoulli", data[0], seed).model.state_dict() for seed in (1, 1, 2)]
    same = [all(torch.equal(states[0][k], other[k]) for k in other) for other in states]
    assert same == [True, True, False]
