"""The engine: it learns, resumes bit by bit, keeps the best weights and respects REWO's phases."""

import math

import pytest
import tiny
import torch

from vhp import methods
from vhp.datasets.batches import examples
from vhp.objective.schedules import Schedule
from vhp.resumable import Checkpoint, Resumable, UnfinishedError
from vhp.training.divergence import TrainingDivergedError
from vhp.training.fit import fit
from vhp.training.pace import Pace
from vhp.training.validation import validation_bound

METHODS = list(tiny.SETTINGS)
TWO_PHASES = {"vhp_rewo", "vhp_rewo_clipped", "rewo_no_slope", "rewo_normal_prior"}


settings = tiny.training


def weights(method):
    return {name: tensor.clone() for name, tensor in method.model.state_dict().items()}


def assert_same_weights(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def build(name, seed=0, **changed):
    torch.manual_seed(seed)
    return tiny.build(name, **changed)


def test_every_method_is_tested_here():
    assert set(METHODS) == set(methods.names())


@pytest.mark.parametrize("name", METHODS)
def test_training_improves_the_validation_bound(name):
    """Beyond the best model without a latent variable: independent pixels with the training set's means."""
    train, val = tiny.patterns(256), tiny.patterns(200)
    method = build(name)
    before = validation_bound(method, val)
    result = fit(method, train, val, settings(epochs=60, learning_rate=2e-2), seed=1)
    after = validation_bound(method, val)
    p, x = train.double().mean(0) / 255, val.double() / 255
    independent = (x * p.log() + (1 - x) * (1 - p).log()).sum(-1).mean().item()
    assert before < independent < -7
    assert after > independent + 1
    assert result.best_bound == after


# --- resuming ---


def stop_before(epoch):
    def progress(epochs):
        for e in epochs:
            if e == epoch:
                raise InterruptedError
            yield e

    return progress


# REWO changes its phase in epoch 4 or so: before epoch 3 a run is interrupted in the initial phase, before 7 in the
# main phase.
RESUMED = {"epochs": 8, "learning_rate": 2e-2}
KAPPA = {"vhp_rewo": {"kappa": 0.81}}


@pytest.mark.parametrize("stop", [3, 7])
@pytest.mark.parametrize(("name", "limit"), [*((name, None) for name in METHODS), ("vhp_rewo", 1.0)])
def test_a_resumed_run_is_bit_identical_to_an_uninterrupted_one(name, limit, stop, tmp_path):
    train, val, kappa = tiny.patterns(64), tiny.patterns(30), KAPPA.get(name, {})
    options = settings(**RESUMED, gradient_limit=limit)
    whole = build(name, **kappa)
    expected = fit(whole, train, val, options, seed=1)

    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(InterruptedError):
        fit(build(name, **kappa), train, val, options, 1, Resumable(checkpoint, -1, progress=stop_before(stop)))
    # Another initialisation: whatever is not restored shows.
    resumed, epochs = build(name, seed=5, **kappa), []
    result = fit(resumed, train, val, options, 1, Resumable(checkpoint, progress=lambda e: epochs.extend(e) or epochs))

    assert epochs == list(range(stop, 9))
    assert result.history == expected.history
    assert (result.best_epoch, result.best_bound) == (expected.best_epoch, expected.best_bound)
    assert result.main_phase_step == expected.main_phase_step
    assert_same_weights(weights(resumed), weights(whole))
    for buffer in ("beta", "constraint", "main_phase"):
        assert torch.equal(getattr(resumed.schedule, buffer), getattr(whole.schedule, buffer)), buffer
    if name == "vhp_rewo":  # or half of what is said above is not tested
        assert [row["main_phase"] for row in expected.history][1::4] == [0, 1]


@pytest.mark.parametrize("name", METHODS)
def test_a_run_stopped_after_each_epoch_ends_as_if_it_never_was(name, tmp_path):
    """Every call does one epoch and saves it, however long ago the last save is."""
    train, val, options, kappa = tiny.patterns(64), tiny.patterns(30), settings(**RESUMED), KAPPA.get(name, {})
    whole = build(name, **kappa)
    expected = fit(whole, train, val, options, seed=1)
    checkpoint = Checkpoint(tmp_path / "run")
    stopped = Resumable(checkpoint, 1e6, stop=lambda: True)
    for epoch in range(1, 8):
        with pytest.raises(UnfinishedError, match=f"stopped after epoch {epoch} of 8"):
            fit(build(name, epoch - 1, **kappa), train, val, options, 1, stopped)
    resumed = build(name, seed=5, **kappa)
    result = fit(resumed, train, val, options, 1, stopped)  # the last epoch is not stopped
    assert result.history == expected.history
    assert_same_weights(weights(resumed), weights(whole))


def test_the_best_weights_survive_an_interruption(tmp_path):
    """The best epoch came before the interruption, and no later one is better."""
    train, val = tiny.patterns(64), 255 - tiny.patterns(30).roll(1, 1)
    options = settings(epochs=20, learning_rate=0.05, learning_rate_warm_up=0.0)
    whole = build("iwae_l1")
    expected = fit(whole, train, val, options, seed=1)
    assert expected.best_epoch < 12
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(InterruptedError):
        fit(build("iwae_l1"), train, val, options, 1, Resumable(checkpoint, -1, progress=stop_before(12)))
    resumed = build("iwae_l1", seed=5)
    fit(resumed, train, val, options, 1, Resumable(checkpoint))
    assert_same_weights(weights(resumed), weights(whole))


def test_checkpoints_do_not_change_a_run(tmp_path):
    train, val = tiny.patterns(64), tiny.patterns(30)
    plain, saved = build("vhp_rewo"), build("vhp_rewo")
    expected = fit(plain, train, val, settings(), seed=1)
    checkpoint = Checkpoint(tmp_path / "run")
    assert fit(saved, train, val, settings(), 1, Resumable(checkpoint, -1)).history == expected.history
    assert_same_weights(weights(saved), weights(plain))
    assert checkpoint.file.exists()
    checkpoint.discard()
    assert not (tmp_path / "run").exists()
    assert checkpoint.load(torch.device("cpu")) is None


def test_a_checkpoint_is_not_saved_before_its_time(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run")
    fit(build("iwae_l1"), tiny.patterns(64), tiny.patterns(30), settings(), 1, Resumable(checkpoint, 1e6))
    assert not checkpoint.file.exists()


def test_a_damaged_checkpoint_is_set_aside_and_the_run_is_that_of_one_sitting(tmp_path, caplog):
    train, val = tiny.patterns(64), tiny.patterns(30)
    expected = fit(build("iwae_l1"), train, val, settings(), 1)
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(UnfinishedError):
        fit(build("iwae_l1"), train, val, settings(), 1, Resumable(checkpoint, stop=lambda: True))
    content = bytearray(checkpoint.file.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.file.write_bytes(content)
    assert fit(build("iwae_l1"), train, val, settings(), 1, Resumable(checkpoint)).history == expected.history
    assert f"{checkpoint.file}: found a checksum" in caplog.text and "beginning anew" in caplog.text


@pytest.mark.parametrize("name", METHODS)
def test_seeds_and_nothing_else_decide_a_run(name):
    train, val = tiny.patterns(64), tiny.patterns(30)
    runs = []
    for seed, noise in [(1, 0), (1, 99), (2, 0)]:
        method = build(name)
        torch.manual_seed(noise)
        runs.append((fit(method, train, val, settings(epochs=2), seed).history, weights(method)))
    assert runs[0][0] == runs[1][0]
    assert_same_weights(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]


# --- what is returned ---


def test_the_best_weights_are_returned():
    """Validation images unlike the training images: training on goes past the best epoch."""
    train, val = tiny.patterns(64), 255 - tiny.patterns(30).roll(1, 1)
    method = build("iwae_l1")
    last = {}

    def progress(epochs):
        for epoch in epochs:
            yield epoch
            last.update(weights(method))

    result = fit(
        method, train, val, settings(epochs=20, learning_rate=0.05), seed=1, resumable=Resumable(progress=progress)
    )
    bounds = [row["validation_bound"] for row in result.history]
    assert result.best_epoch < 20 and bounds[-1] < max(bounds) - 0.5  # or the test shows nothing
    assert result.best_bound == max(bounds) == bounds[result.best_epoch - 1]
    assert validation_bound(method, val) == result.best_bound
    assert any(not torch.equal(last[name], tensor) for name, tensor in weights(method).items())


def test_history_has_a_row_per_validated_epoch_and_the_last():
    result = fit(build("iwae_l1"), tiny.patterns(70), tiny.patterns(9), settings(epochs=7, validate_every=3), seed=1)
    # 70 examples are 4 batches of 16; the rest is left to another epoch's order.
    assert [(row["epoch"], row["step"]) for row in result.history] == [(3, 12), (6, 24), (7, 28)]


def test_history_holds_the_terms_of_the_loss():
    """With beta = 1 and one sample the loss is reconstruction + KL; the constraint follows from the reconstruction."""

    def fixed(alpha):
        method = build("vhp_geco")
        return methods.Method(method.model, method.bound, Schedule(alpha=alpha), n_z=1, n_zeta=3)

    train, val = tiny.patterns(64), tiny.patterns(30)
    (row,) = fit(fixed(0.0), train, val, settings(epochs=1, batch_size=64), seed=1).history
    assert row["loss"] == pytest.approx(row["reconstruction"] + row["kl"], rel=1e-5)
    assert row["constraint"] == pytest.approx(row["reconstruction"] / tiny.D, rel=1e-5)
    assert row["beta"] == 1.0


def test_validation_leaves_the_random_state_alone_and_repeats():
    method, val = build("vhp_rewo"), tiny.patterns(30)
    before = torch.get_rng_state()
    first = validation_bound(method, val)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(5)
    assert validation_bound(method, val) == first


# --- phases ---


def test_rewo_holds_the_prior_still_in_the_initial_phase_and_moves_it_afterwards():
    train, val = tiny.patterns(64), tiny.patterns(30)
    method = build("vhp_rewo", kappa=0.8)
    initial, snapshots = weights(method), {}

    def progress(epochs):
        for epoch in epochs:
            yield epoch
            snapshots[epoch] = weights(method) | {"main_phase": bool(method.schedule.main_phase)}

    result = fit(
        method, train, val, settings(epochs=20, learning_rate=1e-2), seed=1, resumable=Resumable(progress=progress)
    )
    epoch_of_change = (result.main_phase_step - 1) // 4 + 1
    assert 2 < epoch_of_change < 18  # both phases last for epochs
    for epoch, state in snapshots.items():
        for name, tensor in state.items():
            if name == "main_phase":
                continue
            still = torch.equal(tensor, initial[name])
            is_prior = name.startswith("prior.")
            if epoch < epoch_of_change:
                assert still == is_prior, (epoch, name)
            elif epoch > epoch_of_change:
                assert not still, (epoch, name)


def test_main_phase_begins_in_the_step_after_the_constraint_is_first_fulfilled():
    """One step per epoch: the history shows every C_t."""
    train, val = tiny.patterns(64), tiny.patterns(30)
    method = build("vhp_rewo", kappa=0.8)
    result = fit(method, train, val, settings(epochs=60, batch_size=64, learning_rate=1e-2), seed=1)
    first = next(row for row in result.history if row["constraint"] < 0.8**2)
    assert 1 < first["step"] < 59
    assert result.main_phase_step == first["step"] + 1
    before = [row["beta"] for row in result.history if row["step"] <= first["step"]]
    assert set(before) == {0.05}
    assert all(row["beta"] != 0.05 for row in result.history if row["step"] > first["step"])


def test_the_prior_is_trainable_again_after_a_run_that_never_left_the_initial_phase():
    method = build("vhp_rewo", kappa=0.01)
    result = fit(method, tiny.patterns(64), tiny.patterns(30), settings(epochs=2), seed=1)
    assert result.main_phase_step is None
    assert all(p.requires_grad for p in method.model.parameters())


@pytest.mark.parametrize("name", sorted(set(METHODS) - TWO_PHASES))
def test_all_parameters_move_from_the_first_step_with_other_methods(name):
    method = build(name)
    before = weights(method)
    # Validation is better after two epochs than before any; best weights are not the initial ones.
    result = fit(method, tiny.patterns(64), tiny.patterns(30), settings(epochs=2, learning_rate=1e-2), seed=1)
    assert result.main_phase_step == 1
    after = weights(method)
    assert [key for key in before if torch.equal(before[key], after[key])] == []


# --- errors ---


def test_divergence_is_an_error_that_names_the_epoch():
    """NaN data from the third epoch on."""
    train, val = tiny.patterns(64, torch.float32), tiny.patterns(30, torch.float32)

    def progress(epochs):
        for epoch in epochs:
            if epoch == 3:
                train[:] = math.nan
            yield epoch

    with pytest.raises(TrainingDivergedError, match=r"\bepoch 3\b") as error:
        fit(
            build("iwae_l1", observation="gaussian"),
            train,
            val,
            settings(),
            seed=1,
            resumable=Resumable(progress=progress),
        )
    assert "'epoch': 2" in str(error.value)  # the last finite values


def test_a_batch_larger_than_the_data_is_an_error():
    with pytest.raises(ValueError, match=r"batch_size\b.*\b65\b.*\b64\b"):
        fit(build("iwae_l1"), tiny.patterns(64), tiny.patterns(9), settings(batch_size=65), seed=1)


def test_more_pseudo_inputs_than_examples_are_an_error():
    with pytest.raises(ValueError, match=r"n_pseudo_inputs\b.*\b21\b.*\b20\b"):
        build("vampprior", n_pseudo_inputs=21)


def test_an_unknown_method_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"vamp_prior.*vampprior"):
        methods.load("vamp_prior")


# --- learning rate and examples ---


def test_the_learning_rate_of_the_history_follows_the_factor():
    s = settings(epochs=6, learning_rate=1e-3)
    result = fit(build("iwae_l1"), tiny.patterns(64), tiny.patterns(9), s, seed=1)
    expected = [1e-3 * Pace(s).factor(epoch) for epoch in range(1, 7)]
    assert [row["learning_rate"] for row in result.history] == pytest.approx(expected, rel=1e-12)


def test_binary_examples_stay_as_they_are():
    data, index = tiny.patterns(50), torch.randperm(50)[:20]
    for _ in range(3):
        assert torch.equal(examples(data, index), (data[index] > 0).float())


def test_grey_examples_are_binarised_anew_with_their_grey_value_as_mean():
    data = torch.tensor([[0, 1, 64, 128, 254, 255]], dtype=torch.uint8)
    n = 20_000
    drawn = examples(data, torch.zeros(n, dtype=torch.long))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    p = data[0].double() / 255
    error = (p * (1 - p) / n).sqrt()
    assert ((drawn.double().mean(0) - p).abs() <= 4.5 * error).all()
    assert not torch.equal(examples(data, torch.zeros(n, dtype=torch.long)), drawn)


def test_real_examples_are_rows_of_the_data():
    data, index = torch.randn(9, 4), torch.tensor([3, 3, 0])
    assert torch.equal(examples(data, index), torch.stack([data[3], data[3], data[0]]))


# --- what a training leaves alone, and what it does not ---


def test_models_built_and_trained_in_a_loop_with_one_seed_differ():
    """The random state is afterwards what it was before: the next model's initial weights are others."""
    train, val = tiny.patterns(64), tiny.patterns(30)
    torch.manual_seed(0)
    rounds = []
    for _ in range(3):
        method = tiny.build("vhp_rewo")
        before = torch.get_rng_state()
        fit(method, train, val, settings(epochs=1), seed=0)
        assert torch.equal(torch.get_rng_state(), before)
        rounds.append(weights(method)["encoder.network.0.linear.weight"])
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert not torch.equal(rounds[a], rounds[b])


def test_the_random_state_is_restored_after_a_stop():
    method, train, val = tiny.build("iwae_l1"), tiny.patterns(64), tiny.patterns(30)
    before = torch.get_rng_state()
    with pytest.raises(UnfinishedError):
        fit(method, train, val, settings(), 1, Resumable(stop=lambda: True))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_in_evaluation_mode_is_trained_with_its_dropout():
    """As one that vhp.load gave: the result is that of a model which was in training mode all along."""
    train, val = tiny.images(64), tiny.images(30)
    results = []
    for mode, dropout in ((True, 0.5), (False, 0.5), (True, 0.0)):
        torch.manual_seed(0)
        method = tiny.build_patch("iwae_l1", dropout=dropout)
        method.model.train(mode)
        fit(method, train, val, settings(epochs=2), seed=1)
        assert method.model.training
        results.append(weights(method))
    assert_same_weights(results[1], results[0])
    assert any(not torch.equal(results[2][name], tensor) for name, tensor in results[0].items())
