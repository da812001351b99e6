"""Annealed bounds where log p(x) is known exactly: weights without bias, and bounds that meet."""

import math
from itertools import pairwise

import pytest
import tiny
import torch
from linear_gaussian import PRIORS, LinearGaussian

from vhp.likelihood.annealed.chains import (
    FORWARD,
    STARTS,
    AnnealingSettings,
    Chains,
    Noise,
    lower_bound,
    simulated,
    temperatures,
    upper_bound,
)
from vhp.likelihood.annealed.sandwich import starts
from vhp.likelihood.estimate import LikelihoodSettings
from vhp.likelihood.joint import Joint
from vhp.likelihood.numbers import noise
from vhp.likelihood.refined.search import BANK, PILOT, REFINED, ROUNDS, RefinedSettings

N = 40
SEED = 3
LIKELIHOOD = LikelihoodSettings(n_samples=2_000, precision="float32", compile=False)
POOR = RefinedSettings(pilot=8, enough=1.0, modes=3, steps=1, centring=0, rounds=0)  # proposals far from the posterior


def coarse(start):
    return AnnealingSettings(n_temperatures=40 if start == "prior" else 10, n_chains=8, n_leapfrog=3, start=start)


def chains_of(joint, x, settings, numbers):
    return Chains(starts(joint, LIKELIHOOD, POOR, settings, SEED)(x, numbers), x, settings, SEED, numbers)


def both(case, settings, n=N):
    """log-weights of forward and reverse chains, less the exact log p(x), (C, n) each; data from the model."""
    joint = Joint(case.model)
    data, u = simulated(joint, SEED, range(n))
    chains = chains_of(joint, data, settings, list(range(n)))
    steps = chains.tuned()
    exact = case.log_p(data).detach()
    return chains.forward(steps) - exact, chains.reverse(steps, u) - exact


def z_score(weight):
    """Of a mean over chains and images of weights (C, n) that should be 1; the images are independent."""
    per_image = weight.mean(0) - 1
    return per_image.mean().item() / (per_image.std().item() / math.sqrt(len(per_image)))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("prior", PRIORS)
def test_weights_have_no_bias_in_either_direction(prior, start):
    """E[w] = p(x) forwards and E[1 / w] = 1 / p(x) backwards, also with coarse schedules. At 4 standard errors the
    sixteen scores of this test leave the range once in 1,000 seeds."""
    forward, reverse = both(LinearGaussian(prior, perturbed=True), coarse(start))
    assert abs(z_score(forward.exp())) < 4
    assert abs(z_score((-reverse).exp())) < 4
    # Coarse indeed, or there is no bias to find: chains differ by tenths of a nat.
    assert forward.std(0).mean() > 0.1 and reverse.std(0).mean() > 0.1


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("prior", PRIORS)
def test_bounds_meet(prior, start):
    """With enough temperatures both means are the truth, but for the bounds' own gap of a hundredth of a nat.

    Reverse chains of an image begin at one point, and so vary together: the errors are not those of 192 chains.
    """
    settings = AnnealingSettings(400 if start == "prior" else 80, 8, start=start)
    forward, reverse = both(LinearGaussian(prior, perturbed=True), settings, n=24)
    for bound in (lower_bound(forward), upper_bound(reverse)):
        error = bound.std() / math.sqrt(24)
        assert error < 0.05
        assert abs(bound.mean()) < min(4 * error + 0.01, 0.1)


def test_bounds_are_bounds():
    """Jensen: over many images the mean of the one is below the truth, that of the other above, by several errors."""
    rough = AnnealingSettings(10, 1, 2, start="prior")
    forward, reverse = both(LinearGaussian("standard_normal", perturbed=True), rough, n=200)
    below, above = lower_bound(forward), upper_bound(reverse)
    assert below.mean() < -4 * below.std() / math.sqrt(200)
    assert above.mean() > 4 * above.std() / math.sqrt(200)


def test_streams_of_noise_do_not_repeat_each_other():
    """Nor the search's and the estimates': steps or proposals that know the weighted chains' noise would bias the
    weights, and so would simulated data that know it."""
    streams = [Noise(SEED, [4, 5], stream, torch.device("cpu")).draw(100, 3) for stream in range(4)]
    streams += [noise(SEED + added, [4, 5], 100, 3).transpose(1, 2) for added in (0, PILOT, ROUNDS, BANK, REFINED)]
    correlation = torch.corrcoef(torch.stack([stream.flatten() for stream in streams])) - torch.eye(len(streams))
    assert correlation.abs().max() < 4.5 / math.sqrt(600)


@pytest.mark.parametrize("start", STARTS)
def test_an_image_does_not_depend_on_the_others_or_their_order(start):
    case = LinearGaussian("hierarchical", perturbed=True)
    joint = Joint(case.model)
    x, _ = simulated(joint, SEED, range(4))

    def bound(rows):
        chains = chains_of(joint, x[rows], coarse(start), rows)
        return lower_bound(chains.forward(chains.tuned()))

    whole = bound([0, 1, 2, 3])
    torch.testing.assert_close(bound([2, 0]), whole[[2, 0]], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["iwae_l1", "vampprior", "vhp_rewo"])
def test_simulated_data_are_the_models(name):
    """Binary data whose pixels' means are those of the decoded prior."""
    model = tiny.build(name, dtype=torch.float64).model
    joint = Joint(model)
    x, u = simulated(joint, SEED, range(4_000))
    assert ((x == 0) | (x == 1)).all() and u.shape == (4_000, joint.width)
    with torch.no_grad():
        mean = torch.sigmoid(model.decode(u[:, : model.d_z]))
    error = (x - mean).mean(0) / (mean * (1 - mean)).mean(0).sqrt() * math.sqrt(4_000)
    assert error.abs().max() < 4.5


def test_temperatures_rise_from_0_to_1_slowly_at_both_ends():
    t = temperatures(50)
    steps = [b - a for a, b in pairwise(t)]
    assert t[0] == 0 and t[-1] == pytest.approx(1) and min(steps) > 0
    assert max(steps[0], steps[-1]) < 0.2 * max(steps)


def test_an_unknown_start_is_named():
    with pytest.raises(ValueError, match="start: found 'posterior'"):
        AnnealingSettings(1, 1, start="posterior")


@pytest.mark.parametrize("changed", ["n_temperatures", "n_chains", "n_leapfrog"])
def test_settings_are_checked(changed):
    with pytest.raises(ValueError, match=f"{changed}: found 0"):
        AnnealingSettings(**{"n_temperatures": 1, "n_chains": 1} | {changed: 0})


def test_no_stream_is_that_of_another_image_or_of_an_estimate():
    """Image by image and seed by seed: an estimate of image 5 with the noise of image 1's chains would follow them."""
    device = torch.device("cpu")
    first = {
        tuple(Noise(seed, [number], stream, device).draw(2).flatten().tolist())
        for seed in (0, 1)
        for number in range(10)
        for stream in range(4)
    }
    added = (0, PILOT, ROUNDS, BANK, REFINED)
    first |= {
        tuple(noise(seed + more, [number], 1, 2).flatten().tolist())
        for seed in (0, 1)
        for more in added
        for number in range(40)
    }
    assert len(first) == 2 * 10 * 4 + 2 * len(added) * 40


def test_seeds_as_large_as_those_of_runs_are_taken():
    assert Noise(10**13, [3], 3, torch.device("cpu")).draw(2).isfinite().all()


def test_forward_chains_make_no_move_after_their_last_weight(monkeypatch):
    """And the weights are those of chains that do: the last move was computed and dropped."""
    case = LinearGaussian("standard_normal", perturbed=True)
    joint, settings = Joint(case.model), coarse("prior")
    x, _ = simulated(joint, SEED, range(2))
    chains = chains_of(joint, x, settings, [0, 1])
    steps, made, moved = chains.tuned(), [], Chains.moved
    monkeypatch.setattr(Chains, "moved", lambda *arguments: made.append(arguments[2]) or moved(*arguments))
    found = chains.forward(steps)
    t = temperatures(settings.n_temperatures)
    assert made == t[1:-1]

    stream = Noise(SEED, [0, 1], FORWARD, x.device)
    point = chains.begun(stream, settings.n_chains)
    log_w = torch.zeros(settings.n_chains, 2, dtype=torch.float64)
    for k, eps in chains.blocks(stream, range(1, len(t)), settings.n_chains):
        log_w += (t[k] - t[k - 1]) * point.log_ratio
        point, _ = moved(chains, point, t[k], steps[k - 1], eps)
    assert torch.equal(found, log_w)
