"""A run that diverges stops with the step, the last values before it, and a checkpoint from before."""

import math
import re

import pytest
import tiny
import torch

from vhp.objective.schedules import Geco
from vhp.objective.terms import drawn_noise
from vhp.resumable import Checkpoint, Resumable, UnfinishedError
from vhp.training.divergence import DivergenceWatch, TrainingDivergedError
from vhp.training.fit import DIVERGED_NATS_PER_DIMENSION, Training, fit

SETTINGS = tiny.training()


NAN = [math.nan, 1.0]


def watch_of(*rows, limits=(math.inf, 5.0)):
    watch = DivergenceWatch({"loss": limits[0], "kl": limits[1]}, torch.device("cpu"))
    for step, row in enumerate(rows, start=1):
        watch.see(step, torch.tensor(row))
    return watch


def test_good_values_pass():
    assert watch_of([1e30, 5.0], [-1e30, -5.0]).check(steps_per_epoch=1) == 0


def test_a_step_is_good_or_bad_by_its_own_values():
    watch = watch_of()
    rows = {(0.5, 1.0): True, (math.nan, 1.0): False, (1.0, -5.1): False, (math.inf, 0.0): False, (0.0, 5.0): True}
    assert {row: bool(watch.see(step, torch.tensor(row))) for step, row in enumerate(rows)} == rows


@pytest.mark.parametrize(("n_steps", "allowed"), [(2, 1), (99, 1), (199, 1), (200, 2), (390, 3), (1000, 10)])
def test_a_hundredth_of_an_epoch_may_be_bad_and_one_step_in_any_case(n_steps, allowed, caplog):
    good = [1.0, 1.0]
    assert watch_of(*[NAN] * allowed, *[good] * (n_steps - allowed)).check(n_steps) == allowed
    assert re.search(
        rf"^epoch 1, step 1: .* in {allowed} of the epoch's {n_steps} steps; .*; skipped$", caplog.messages[0]
    )
    with pytest.raises(TrainingDivergedError, match=rf" in {allowed + 1} of the epoch's {n_steps} steps; .* or nu$"):
        watch_of(*[NAN] * (allowed + 1), *[good] * (n_steps - allowed - 1)).check(n_steps)


def test_geco_stays_finite_where_the_constraint_holds_without_end():
    """kappa is so loose that beta rises to the end of its range: the gradient's squares have to fit into float32."""
    method = tiny.build("vhp_geco", kappa=1.0, nu=5.0)
    x = tiny.patterns(64)
    result = fit(method, x, x[:16], tiny.training(epochs=60), seed=0)
    assert result.skipped_steps == 0 and result.history[-1]["beta"] == Geco.BETA_RANGE[1]


def test_an_epoch_without_a_good_step_is_a_divergence():
    with pytest.raises(TrainingDivergedError, match=" in 1 of the epoch's 1 steps; last finite values: none"):
        watch_of(NAN).check(1)


def test_data_far_from_one_are_to_be_standardised():
    """Their first step is bad already."""
    method, x = tiny.build("iwae_l1", "gaussian"), 50 + 20 * torch.randn(64, tiny.D)
    with pytest.raises(TrainingDivergedError, match=r"epoch 1, step 1: .*; standardise data whose"):
        fit(method, x, x[:16], SETTINGS, seed=0)


def test_the_first_bad_step_of_an_epoch_is_named_whatever_the_epoch_before_skipped():
    watch = watch_of([1.0, 1.0], NAN, [2.0, 2.0], NAN)
    watch.check(400)
    for step, row in enumerate([NAN, [3.0, 3.0], NAN], start=5):
        watch.see(step, torch.tensor(row))
    with pytest.raises(TrainingDivergedError, match=r"^epoch 2, step 5: .*{'epoch': 1, 'step': 3, 'loss': 2.0,"):
        watch.check(4)


def test_each_epoch_is_counted_for_itself():
    watch = watch_of([1.0, 1.0], NAN, [2.0, 2.0])
    assert (watch.check(3), watch.check(3)) == (1, 0)
    watch.see(4, torch.tensor([3.0, 3.0]))
    watch.see(5, torch.tensor(NAN))
    watch.see(6, torch.tensor(NAN))
    with pytest.raises(TrainingDivergedError, match=r"^epoch 2, step 5: .*'step': 4, 'loss': 3.0"):
        watch.check(3)


@pytest.mark.parametrize("bad", [[math.nan, 1.0], [math.inf, 1.0], [1.0, -math.inf], [1.0, 5.1], [1.0, -5.1]])
def test_the_first_bad_step_and_the_last_good_values_are_named(bad):
    """Any later loss: a good step. Steps 1 to 4 are epoch 1."""
    watch = watch_of([0.5, 1.0], [0.25, 2.0], [0.125, 3.0], [0.75, 4.0], bad, bad, [1.0, 1.0])
    with pytest.raises(TrainingDivergedError, match=r"^epoch 2, step 5: one of loss, kl ") as error:
        watch.check(steps_per_epoch=4)
    assert "{'epoch': 1, 'step': 4, 'loss': 0.75, 'kl': 4.0}" in str(error.value)


def test_a_bad_first_step_has_no_values_before_it():
    with pytest.raises(
        TrainingDivergedError, match=r"^epoch 1, step 1: .*last finite values: none since it was begun or resumed"
    ):
        watch_of(NAN, NAN).check(steps_per_epoch=4)


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


def spoilt_steps(training, bad):
    """The batches of these steps are not finite, or far beyond use."""
    step = training.step
    return lambda x, n: step(x * bad.get(n, 1.0), n)


def steps_left_out(training, bad):
    """These steps draw the noise that they would have used, and do nothing else."""
    step, method = training.step, training.method

    def left_out(x, n):
        if n not in bad:
            return step(x, n)
        drawn_noise(method.model, x, method.n_z, method.n_zeta)
        return torch.zeros(4)

    return left_out


@pytest.mark.parametrize("bad", [{1: math.nan}, {2: 1e9, 3: math.inf}, {150: 1e9}], ids=["first", "early", "late"])
@pytest.mark.parametrize("method", ["vhp_geco", "vhp_rewo", "vampprior", "iwae_l2"])
def test_a_skipped_step_changes_nothing(method, bad):
    """Weights, optimiser, multiplier and the gradient's average are those of a training that leaves the step out.

    REWO's main phase begins between step 3 and step 150.
    """
    torch.manual_seed(0)
    train, trainings = tiny.patterns(800, torch.float32), []
    for changed in (spoilt_steps, steps_left_out):
        training = Training(build(method), train, tiny.training(batch_size=4, epochs=2, gradient_limit=5.0), seed=1)
        training.step = changed(training, bad)
        trainings.append((training, training.epoch(1)))
    (skipping, means), (expected, left_out) = trainings
    assert (skipping.result.skipped_steps, expected.result.skipped_steps) == (len(bad), 0)
    if method == "vhp_rewo":
        assert 3 < skipping.result.main_phase_step < 150
    steps = torch.tensor([200.0, 200.0 - len(bad)])
    torch.testing.assert_close(torch.tensor(means) * steps[1], torch.tensor(left_out) * steps[0])
    mine, its = skipping.state(1), expected.state(1)
    for part in ("model", "schedule", "gradient_norm"):
        torch.testing.assert_close(mine[part], its[part], rtol=0, atol=0)
    for number, state in its["optimiser"]["state"].items():
        torch.testing.assert_close(mine["optimiser"]["state"][number], state, rtol=0, atol=0)


@pytest.mark.parametrize("limit", [None, 5.0])
def test_a_step_whose_gradient_is_not_finite_is_skipped_though_its_terms_are_good(limit):
    """Also as the last one of an epoch that nobody validates."""
    built, train = build("vhp_geco"), tiny.patterns(800, torch.float32)
    training = Training(built, train, tiny.training(batch_size=4, epochs=2, gradient_limit=limit), seed=1)
    step = training.step

    def with_bad_gradient(x, n):
        weight = next(built.model.parameters())
        hook = weight.register_hook(lambda gradient: gradient * math.nan) if n == 200 else None
        before, means = weight.detach().clone(), step(x, n)
        if hook:
            hook.remove()
            assert torch.equal(weight, before) and not means.any()
        return means

    training.step = with_bad_gradient
    training.epoch(1)
    assert training.result.skipped_steps == 1
    assert all(torch.isfinite(tensor).all() for tensor in training.state(1)["model"].values())


def test_the_skipped_steps_are_counted_across_an_interruption(tmp_path):
    """One in epoch 2, one in epoch 4; the training is asked to stop after epoch 3."""
    train, val = tiny.patterns(800, torch.float32), tiny.patterns(30, torch.float32)
    settings, now = tiny.training(batch_size=4, epochs=5), [0]

    def spoiling(epochs):
        for now[0] in epochs:
            good = train[0].clone()
            if now[0] in (2, 4):
                train[0] = math.nan
            yield now[0]
            train[0] = good

    whole = fit(build(), train, val, settings, 1, Resumable(progress=spoiling))
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(UnfinishedError):
        fit(build(), train, val, settings, 1, Resumable(checkpoint, progress=spoiling, stop=lambda: now[0] == 3))
    result = fit(build(), train, val, settings, 1, Resumable(checkpoint, progress=spoiling))
    assert (result.skipped_steps, whole.skipped_steps) == (2, 2)
    assert result.history == whole.history
