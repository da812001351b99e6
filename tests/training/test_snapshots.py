"""The latent space during training: what is recorded, and that recording changes nothing, interrupted or not."""

import pytest
import tiny
import torch
from test_training import build, settings, stop_before, weights

from vhp.datasets.batches import as_means
from vhp.resumable import Checkpoint, Resumable
from vhp.training.fit import fit
from vhp.training.snapshots import is_power_of_two, snapshot, to_show

SHOWN = (1, 4, 8)


def observer(method, x):
    return lambda epoch, last: snapshot(method.model, x, 40) if epoch in SHOWN else None


def run(method, train, val, x, checkpoint=None, **options):
    s = settings(epochs=8, learning_rate=2e-2)
    return fit(method, train, val, s, 1, Resumable(checkpoint, -1, **options), observe=observer(method, x))


def test_snapshots_hold_the_posterior_and_the_prior_of_their_epoch():
    train, val = tiny.patterns(64), tiny.patterns(30)
    x, method, after = as_means(val[:10]), build("vhp_geco"), {}

    def progress(epochs):
        for epoch in epochs:
            yield epoch
            after[epoch] = snapshot(method.model, x, 40)

    observations = run(method, train, val, x, progress=progress).observations
    assert len(observations) == 3
    for epoch, observed in zip(SHOWN, observations, strict=True):
        for name, shape in [("posterior_mean", (10, 3)), ("posterior_std", (10, 3)), ("prior", (40, 3))]:
            assert observed[name].shape == shape
            assert torch.equal(observed[name], after[epoch][name]), (epoch, name)
    assert not torch.equal(observations[0]["prior"], observations[1]["prior"])


def test_observing_does_not_change_a_run():
    train, val = tiny.patterns(64), tiny.patterns(30)
    plain, observed = build("vhp_rewo"), build("vhp_rewo")
    history = fit(plain, train, val, settings(epochs=8, learning_rate=2e-2), 1).history
    assert run(observed, train, val, as_means(val)).history == history
    assert all(torch.equal(a, b) for a, b in zip(weights(plain).values(), weights(observed).values(), strict=True))


@pytest.mark.parametrize("stop", [2, 6])
def test_snapshots_of_a_resumed_run_are_those_of_an_uninterrupted_one(stop, tmp_path):
    train, val = tiny.patterns(64), tiny.patterns(30)
    x = as_means(val[:10])
    expected = run(build("vhp_rewo"), train, val, x).observations
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(InterruptedError):
        run(build("vhp_rewo"), train, val, x, checkpoint, progress=stop_before(stop))
    resumed = run(build("vhp_rewo", seed=5), train, val, x, checkpoint).observations
    assert len(resumed) == len(expected) == 3
    for a, b in zip(resumed, expected, strict=True):
        assert all(torch.equal(a[name], b[name]) for name in b)


def test_a_snapshot_leaves_the_random_state_alone():
    method, x = build("vhp_rewo"), as_means(tiny.patterns(5))
    before = torch.get_rng_state()
    snapshot(method.model, x, 7)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_snapshots_shown_are_those_nearest_to_the_shares_and_none_twice():
    shares = (1 / 64, 1 / 16, 1 / 2, 1)
    assert [epoch for epoch in range(1, 81) if is_power_of_two(epoch)] == [1, 2, 4, 8, 16, 32, 64]
    assert to_show([1, 2, 4, 8, 16, 32, 64, 80], shares) == [0, 2, 5, 7]
    assert to_show([1, 2, 4], shares) == [0, 1, 2]
    assert to_show([1], shares) == [0]
