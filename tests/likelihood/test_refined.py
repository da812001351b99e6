"""The refined estimate where log p(x) is known exactly, and encoders are planted that miss it."""

import math
from dataclasses import replace

import pytest
import torch
from linear_gaussian import HIERARCHICAL, PRIORS, S2, Affine, LinearGaussian, posterior

from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.joint import Joint
from vhp.likelihood.refined.adaptation import flattened
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings, Search
from vhp.likelihood.refined.weights import log_weights_of
from vhp.likelihood.reliability import apart
from vhp.model.priors.mixture import GaussianMixture
from vhp.resumable import Checkpoint, Resumable, UnfinishedError

S, N, SEED = 2000, 12, 1
SETTINGS = LikelihoodSettings(n_samples=S, precision="float32", compile=False)
REFINEMENT = RefinedSettings(pilot=200, enough=0.3, modes=3, steps=30, centring=5, rounds=3)
FIELDS = ("log_likelihood", "effective_samples", "monte_carlo_se", "k_hat", "own_proposal")


def encoder_estimate(case, x, numbers=None):
    return estimate(case.model, x, SETTINGS, SEED, numbers, dtype=torch.float64)


def refined(case, x, encoder=None, settings=REFINEMENT, numbers=None, **options):
    encoder = encoder_estimate(case, x, numbers) if encoder is None else encoder
    return refine(case.model, x, encoder, SETTINGS, settings, SEED, numbers, **options)


def two_modes(scale: float) -> LinearGaussian:
    """A prior of two components, 6 apart along the first axis, of which the encoder knows the first alone.

    scale: of the decoder's first column. With nearly nothing, both modes are in each posterior, with equal shares.
    """
    case = LinearGaussian("mixture", perturbed=False)
    case.W[:, 0] *= scale
    means = torch.tensor([[3.0, 0, 0], [-3.0, 0, 0]]).double()
    log_vars = torch.full_like(means, math.log(0.2))
    case.model.prior = GaussianMixture(means, log_vars)
    case.components = [(m, v.exp().diag()) for m, v in zip(means, log_vars, strict=True)]
    gain, offset, covariance = posterior(case.W, case.b, S2, *case.components[0])
    case.model.encoder = Affine(gain, offset, covariance.diagonal().log())
    return case


def proposals_of(search, case, x):
    mean, log_var = case.model.encoder(x)
    numbers = list(range(len(x)))
    return search.proposals(x, mean, log_var, numbers, search.pilot(x, mean, log_var, numbers).log_p)


def assert_right(result, exact):
    error = result.log_likelihood - exact
    assert error.abs().max() < 0.1
    # Kept estimates of an exact encoder have no error of their own, but the pilot lets half a percent be missed.
    assert (error.abs() - 0.006 < 4.5 * result.monte_carlo_se).all()
    assert result.effective_samples.min() > 0.1 * S


def test_a_missed_mode_is_found_though_the_encoder_looks_good():
    """Half of the posterior is missing, which the encoder's samples cannot know: ESS and k-hat are at their best."""
    case = two_modes(1e-3)
    x = case.data(N)
    encoder, exact = encoder_estimate(case, x), case.log_p(x)
    assert encoder.effective_samples.min() > 0.9 * S and encoder.k_hat.max() < 0.5
    assert ((encoder.log_likelihood - exact) + math.log(2)).abs().max() < 0.05
    result = refined(case, x, encoder)
    assert result.own_proposal.all()
    assert_right(result, exact)
    errors = encoder.monte_carlo_se, result.monte_carlo_se
    assert apart(encoder.log_likelihood, result.log_likelihood, *errors).all()


def test_an_encoder_that_points_at_the_other_mode():
    case = two_modes(1.0)
    x = case.data(3 * N)
    encoder, exact = encoder_estimate(case, x), case.log_p(x)
    wrong = (encoder.log_likelihood - exact).abs() > 1
    assert N / 2 < wrong.sum() < 2.5 * N  # about half of the images
    result = refined(case, x, encoder)
    assert result.own_proposal[wrong].all()
    assert_right(result, exact)


@pytest.mark.parametrize("prior", PRIORS)
def test_encoders_with_a_tenth_of_the_scale(prior):
    case = LinearGaussian(prior, perturbed=False)
    parts = [case.model.encoder] + ([case.model.prior.q_zeta] if prior == HIERARCHICAL else [])
    if prior == "vampprior":
        case.model.prior = case.model.prior.frozen()  # or the prior would change with the encoder
    for part in parts:
        part.log_var.data = part.log_var.data - 2 * math.log(10)
    x = case.data(N)
    encoder, exact = encoder_estimate(case, x), case.log_p(x)
    assert (encoder.log_likelihood - exact).abs().mean() > 0.3
    result = refined(case, x, encoder)
    assert result.own_proposal.all()
    assert_right(result, exact)


@pytest.mark.parametrize("prior", PRIORS)
def test_good_encoders_are_kept(prior):
    case = LinearGaussian(prior, perturbed=True)
    x = case.data(N)
    encoder = encoder_estimate(case, x)
    result = refined(case, x, encoder)
    kept = result.own_proposal == 0
    assert kept.sum() > N / 2
    assert torch.equal(result.log_likelihood[kept], encoder.log_likelihood[kept])
    assert_right(result, case.log_p(x))


@torch.no_grad()
@pytest.mark.parametrize("prior", PRIORS)
def test_weights_of_bad_proposals_have_no_bias(prior):
    """The mean weight is p(x) for whatever proposal: here components where the ascent began, as wide as they came.

    40 images, 4.5 standard errors of the mean of their relative errors.
    """
    case = LinearGaussian(prior, perturbed=True)
    joint, x = Joint(case.model), case.data(40)
    poor = RefinedSettings(pilot=8, enough=1.0, modes=3, steps=1, centring=0, rounds=0)
    search = Search(joint, poor, S, SEED)
    log_weights = log_weights_of(joint, SETTINGS, SEED, False, torch.float64)
    proposals = proposals_of(search, case, x)
    log_w = torch.stack([log_weights(x[j : j + 1], j, p) for j, p in enumerate(proposals)])
    error = (log_w - case.log_p(x)[:, None]).exp().mean(1) - 1
    assert abs(error.mean()) < 4.5 * error.std() / math.sqrt(40)
    assert error.std() < 0.2


def test_no_weight_exceeds_the_likelihood_over_the_priors_share():
    case = two_modes(1.0)
    x, joint = case.data(3), Joint(case.model)
    with torch.no_grad():
        search = Search(joint, REFINEMENT, S, SEED)
        for j, proposal in enumerate(proposals_of(search, case, x)):
            log_w = log_weights_of(joint, SETTINGS, SEED, False, torch.float64)(x[j : j + 1], j, proposal)
            # p(x|z) is at most its peak over all z; a = counts[-1] / S.
            peak = -0.5 * x.shape[1] * math.log(2 * math.pi * S2)
            assert log_w.max() <= peak - math.log(proposal.counts[-1] / S) + 1e-9


def test_the_noise_is_the_images_own():
    """One image three times: its number decides on the noise, and not its place nor the other images'."""
    case = two_modes(1.0)
    x = case.data(1).expand(3, -1)
    numbers = torch.tensor([3, 4, 3])
    result = refined(case, x, numbers=numbers, settings=replace(REFINEMENT, enough=1.0))
    assert result.own_proposal.all()
    a, b, c = result.log_likelihood.tolist()
    assert a == pytest.approx(c, abs=1e-10) and abs(a - b) > 1e-6


@pytest.mark.parametrize("prior", ["mixture", HIERARCHICAL])
def test_results_do_not_depend_on_order_or_batch(monkeypatch, prior):
    case = LinearGaussian(prior, perturbed=True)
    case.model.encoder.bias.data += 1.0
    x, order = case.data(6), torch.tensor([4, 0, 5, 2])
    whole = refined(case, x)
    monkeypatch.setattr("vhp.likelihood.refined.estimate.MOST_SEARCHED", 3)
    part = refined(case, x[order], numbers=order)
    assert whole.own_proposal.sum() > 2
    for field in FIELDS:
        torch.testing.assert_close(getattr(part, field), getattr(whole, field)[order], rtol=1e-6, atol=1e-8, msg=field)


def test_a_stopped_estimate_ends_with_the_same_bits(monkeypatch, tmp_path):
    case = two_modes(1.0)
    x = case.data(5)
    monkeypatch.setattr("vhp.likelihood.refined.estimate.MOST_SEARCHED", 2)
    encoder = encoder_estimate(case, x)
    whole, checkpoint = refined(case, x, encoder), Checkpoint(tmp_path / "run")
    for image in (2, 4):
        with pytest.raises(UnfinishedError, match=f"stopped after image {image} of 5"):
            refined(case, x, encoder, resumable=Resumable(checkpoint, 1e6, stop=lambda: True))
    result = refined(case, x, encoder, resumable=Resumable(checkpoint))
    for field in FIELDS:
        assert torch.equal(getattr(result, field), getattr(whole, field)), field


def test_the_choice_of_images_does_not_look_at_the_estimate():
    """Other estimates of the same encoder, the same choice: it is the pilot's."""
    case = LinearGaussian("standard_normal", perturbed=True)
    case.model.encoder.log_var.data -= 1.5  # some images are kept and others not
    x = case.data(30)
    encoder = encoder_estimate(case, x)
    other = replace(encoder, log_likelihood=encoder.log_likelihood - 9, effective_samples=encoder.effective_samples / 9)
    first, second = refined(case, x, encoder), refined(case, x, other)
    assert torch.equal(first.own_proposal, second.own_proposal)


@pytest.mark.parametrize(
    "changed", [{"pilot": 0}, {"modes": 0}, {"steps": 0}, {"centring": -1}, {"rounds": -1}, {"enough": 1.5}]
)
def test_settings_are_checked(changed):
    ((name, value),) = changed.items()
    with pytest.raises(ValueError, match=f"{name}: found {value}"):
        replace(REFINEMENT, **changed)


def test_fewer_samples_than_components_are_refused():
    """Also where no image would need a proposal: at once, and not after hours of images that did not."""
    case = LinearGaussian("standard_normal", perturbed=False)
    x = case.data(2)
    few = replace(SETTINGS, n_samples=9)
    encoder = estimate(case.model, x, few, SEED, dtype=torch.float64)
    with pytest.raises(ValueError, match="n_samples: found 9, expected at least 10, for a proposal of 3 modes"):
        refine(case.model, x, encoder, few, replace(REFINEMENT, enough=0.0), SEED)
    refine(case.model, x, encoder, replace(few, n_samples=10), REFINEMENT, SEED)


def test_images_that_are_none_and_another_number_of_them_are_refused():
    case = LinearGaussian("mixture", perturbed=False)
    x = case.data(3)
    encoder = encoder_estimate(case, x)
    with pytest.raises(ValueError, match="encoder: found the estimate of 3 images, expected 2"):
        refined(case, x[:2], encoder)
    with pytest.raises(ValueError, match=r"test: found the shape \(3, 5\), expected \(N, 6\)"):
        refined(case, x[:, :5], encoder)


def test_weights_of_nothing_are_nothing_also_where_the_flattening_goes_to_its_end():
    """Three finite weights of a hundred, twenty wanted: no power makes so many effective."""
    log_w = torch.full((100, 1), -math.inf, dtype=torch.float64)
    log_w[:3] = torch.tensor([[0.0], [-1.0], [-2.0]], dtype=torch.float64)
    w = flattened(log_w, least=2.5)
    assert w.isfinite().all() and w[3:].sum() == 0
    assert 1 / w.square().sum() == pytest.approx(2.5, abs=0.01)
    w = flattened(log_w, least=20)
    assert w.isfinite().all() and w[3:].sum() == 0
    assert flattened(log_w - math.inf, least=20).isfinite().all()


@torch.no_grad()
def test_the_banks_noise_is_no_images():
    """At seed 0 it was that with which the encoder's estimate draws the samples of image 3,000."""
    joint = Joint(LinearGaussian("standard_normal", perturbed=True).model)
    found = Search(joint, REFINEMENT, S, 0).bank.u
    eps = torch.randn(found.shape[0], joint.width + 1, generator=torch.Generator().manual_seed(3_000))
    correlation = torch.corrcoef(torch.stack([found.flatten(), joint.from_prior(eps.double()).flatten()]))[0, 1]
    assert abs(correlation) < 4.5 / math.sqrt(found.numel())
