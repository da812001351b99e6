"""Estimates between annealed bounds, image by image and over several batches, where log p(x) is known exactly."""

from dataclasses import replace

import pytest
import torch
from linear_gaussian import LinearGaussian

from vhp.likelihood.annealed import sandwich as module
from vhp.likelihood.annealed.chains import STARTS, AnnealingSettings, simulated
from vhp.likelihood.annealed.sandwich import sandwich
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.resumable import Checkpoint, Resumable, UnfinishedError

N, SEED = 5, 3
LIKELIHOOD = LikelihoodSettings(n_samples=500, precision="float32", compile=False)
REFINEMENT = RefinedSettings(pilot=50, enough=1.0, modes=2, steps=10, centring=3, rounds=1)
# So few that a reverse chain from another image's sample does not find back.
ANNEALING = AnnealingSettings(n_temperatures=3, n_chains=32, n_leapfrog=1)


@pytest.fixture
def case(monkeypatch):
    """In float32, as runs are; two images are annealed at once."""
    monkeypatch.setattr(module, "IMAGES", 2)
    case = LinearGaussian("hierarchical", perturbed=True)
    case.model.float()
    return case


def test_simulated_images_have_bounds_on_both_sides(case):
    """Of each image its own: images differ by nats from one another, bounds and estimates by tenths from the truth."""
    exact = case.log_p(simulated(Joint(case.model), SEED, range(N))[0].double()).detach()
    found = sandwich(case.model, N, LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    assert exact.max() - exact.min() > 1.5
    for values in (found.encoder, found.refined, found.lower, found.upper):
        assert values.shape == (N,)
        assert (values - exact).abs().max() < 1


def test_in_the_mean_the_truth_is_between_the_bounds(case, monkeypatch):
    """From the prior three temperatures lead not all the way: the bounds are nats apart."""
    monkeypatch.setattr(module, "IMAGES", 20)
    exact = case.log_p(simulated(Joint(case.model), SEED, range(20))[0].double()).detach().mean()
    found = sandwich(case.model, 20, LIKELIHOOD, REFINEMENT, replace(ANNEALING, n_chains=8, start="prior"), SEED)
    assert 0.1 < exact - found.lower.mean() < 4
    assert 0.1 < found.upper.mean() - exact < 4


def test_the_estimates_between_the_bounds_are_the_encoders_and_the_refined_one(case):
    x = case.data(N).float()
    found = sandwich(case.model, x, LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    encoder = estimate(case.model, x, LIKELIHOOD, SEED)
    refined = refine(case.model, x, encoder, LIKELIHOOD, REFINEMENT, SEED)
    assert torch.equal(found.encoder, encoder.log_likelihood)
    assert torch.equal(found.refined, refined.log_likelihood)
    assert (found.encoder - found.refined).abs().min() > 1e-4


def test_given_images_have_a_lower_bound_alone(case):
    x = case.data(N)
    found = sandwich(case.model, x.float(), LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    assert found.upper is None
    assert (found.lower - case.log_p(x)).abs().max() < 1


def test_no_images_are_refused(case):
    with pytest.raises(ValueError, match="x: found 0 images to simulate, expected at least 1"):
        sandwich(case.model, 0, LIKELIHOOD, REFINEMENT, ANNEALING, SEED)


def assert_same(a, b):
    for name in ("encoder", "refined", "lower", "upper"):
        assert torch.equal(getattr(a, name), getattr(b, name)), name


def test_a_stopped_sandwich_ends_with_the_same_bits_and_estimates_once(case, monkeypatch, tmp_path):
    arguments = case.model, N, LIKELIHOOD, REFINEMENT, ANNEALING, SEED
    whole, checkpoint = sandwich(*arguments), Checkpoint(tmp_path / "sandwich")
    stopped = Resumable(checkpoint, 1e6, stop=lambda: True)
    with pytest.raises(UnfinishedError, match="stopped after image 2 of 5"):
        sandwich(*arguments, stopped)
    monkeypatch.setattr(module, "both_estimates", None)  # what they gave is in the checkpoint
    with pytest.raises(UnfinishedError, match="stopped after image 4 of 5"):
        sandwich(*arguments, stopped)
    batches = []
    resumed = sandwich(*arguments, Resumable(checkpoint, progress=lambda b: batches.extend(b) or b))
    assert [index.tolist() for index in batches] == [[4]]
    assert_same(resumed, whole)


def test_float64_images_of_a_float32_model_are_those_in_float32(case):
    x = case.data(2).float()
    found = sandwich(case.model, x.double(), LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    expected = sandwich(case.model, x, LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    assert torch.equal(found.lower, expected.lower) and torch.equal(found.refined, expected.refined)


def test_a_float64_model_is_measured_in_float64(case):
    """Nearly what float32 gives: the noise is the same, and moves on which the precision decides are few."""
    x = case.data(2).float()
    rounded = sandwich(case.model, x, LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    exact = sandwich(case.model.double(), x.double(), LIKELIHOOD, REFINEMENT, ANNEALING, SEED)
    for name in ("encoder", "refined", "lower"):
        assert (getattr(exact, name) - getattr(rounded, name)).abs().max() < 0.05, name


@pytest.mark.parametrize("start", STARTS)
def test_too_few_samples_for_a_proposal_are_refused_before_anything_is_computed(case, monkeypatch, start):
    monkeypatch.setattr(module, "Chains", None)
    few = LikelihoodSettings(n_samples=7)
    with pytest.raises(ValueError, match="n_samples: found 7, expected at least 8, for a proposal of 2 modes"):
        sandwich(case.model, N, few, REFINEMENT, replace(ANNEALING, start=start), SEED)
