"""A run that diverges stops with the step, the last values before it, and a checkpoint from before."""

import math

import pytest
import tiny
import torch

from vhp.resumable import Checkpoint, Resumable
from vhp.training.divergence import DivergenceWatch, TrainingDivergedError
from vhp.training.fit import DIVERGED_NATS_PER_DIMENSION, fit

SETTINGS = tiny.training()


def watch_of(*rows, limits=(math.inf, 5.0)):
    watch = DivergenceWatch({"loss": limits[0], "kl": limits[1]}, torch.device("cpu"))
    for step, row in enumerate(rows, start=1):
        watch.see(step, torch.tensor(row))
    return watch


def test_good_values_pass():
    watch_of([1e30, 5.0], [-1e30, -5.0]).check(steps_per_epoch=1)


@pytest.mark.parametrize("bad", [[math.nan, 1.0], [math.inf, 1.0], [1.0, -math.inf], [1.0, 5.1], [1.0, -5.1]])
def test_the_first_bad_step_and_the_last_good_values_are_named(bad):
    """Any later loss: a good step. Steps 1 to 4 are epoch 1."""
    watch = watch_of([0.5, 1.0], [0.25, 2.0], [0.125, 3.0], [0.75, 4.0], bad, [1.0, 1.0])
    with pytest.raises(TrainingDivergedError, match=r"^epoch 2, step 5: one of loss, kl ") as error:
        watch.check(steps_per_epoch=4)
    assert "{'epoch': 1, 'step': 4, 'loss': 0.75, 'kl': 4.0}" in str(error.value)


def test_a_bad_first_step_has_no_values_before_it():
    with pytest.raises(TrainingDivergedError, match=r"^epoch 1, step 1: .*last finite values: none"):
        watch_of([math.nan, 1.0]).check(steps_per_epoch=4)


def spoilt(train, epoch, value):
    """Epochs; before the given one the data are overwritten."""

    def progress(epochs):
        for e in epochs:
            if e == epoch:
                train[:] = value
            yield e

    return progress


def build(method="vhp_geco"):
    torch.manual_seed(0)
    return tiny.build(method, observation="gaussian")


@pytest.mark.parametrize("method", ["vhp_geco", "iwae_l2"])
@pytest.mark.parametrize("value", [math.nan, math.sqrt(DIVERGED_NATS_PER_DIMENSION)])
def test_a_diverged_run_leaves_the_state_before_that_epoch(tmp_path, value, method):
    """Of a loss that is NaN, and of one that is finite and beyond any use: (x / sigma)^2 / 2 nats, sigma = 0.1."""
    train, val = tiny.patterns(64, torch.float32), tiny.patterns(30, torch.float32)
    good, checkpoint = train.clone(), Checkpoint(tmp_path / "run")
    with pytest.raises(TrainingDivergedError, match=r"epoch 3, step 9: .*'step': 8,.* before epoch 3 is in .*\.pt"):
        fit(build(method), train, val, SETTINGS, 1, Resumable(checkpoint, progress=spoilt(train, 3, value)))
    assert all(torch.isfinite(tensor).all() for tensor in checkpoint.load(torch.device("cpu"))["model"].values())

    expected, resumed, epochs = build(method), build(method), []
    whole = fit(expected, good, val, SETTINGS, 1)
    result = fit(resumed, good, val, SETTINGS, 1, Resumable(checkpoint, progress=lambda e: epochs.extend(e) or epochs))
    assert epochs == [3, 4, 5, 6]
    assert result.history == whole.history
    for name, tensor in expected.model.state_dict().items():
        assert torch.equal(tensor, resumed.model.state_dict()[name]), name


def test_divergence_is_found_in_epochs_without_validation():
    train = tiny.patterns(64, torch.float32)
    settings = tiny.training(validate_every=6)
    with pytest.raises(TrainingDivergedError, match=r"^epoch 3, step 9"):
        fit(build(), train, train.clone(), settings, 1, Resumable(progress=spoilt(train, 3, math.nan)))


def with_unlikely(method, n_samples):
    """The first so many samples of z are so unlikely that the mean of F is beyond use."""
    built = build(method)
    log_prob = built.model.prior.log_prob

    def shifted(z, eps):
        density = log_prob(z, eps)
        return torch.cat([density[:n_samples] - 1e12, density[n_samples:]])

    built.model.prior.log_prob = shifted
    return built


def test_a_sample_without_weight_is_no_divergence():
    """Of IWAE's several samples the others are good."""
    train = tiny.patterns(64, torch.float32)
    history = fit(with_unlikely("iwae_l2", 1), train, train.clone(), SETTINGS, 1).history
    assert all(row["kl"] > 1e10 and abs(row["loss"]) < 1e4 for row in history)


@pytest.mark.parametrize("method", ["vhp_geco", "iwae_l2"])
def test_it_is_one_where_no_other_sample_is_good(method):
    built, train = build(method), tiny.patterns(64, torch.float32)
    with pytest.raises(TrainingDivergedError, match=r"^epoch 1, step 1: "):
        fit(with_unlikely(method, built.n_z), train, train.clone(), SETTINGS, 1)
