"""A rounded precision is used where its error is shown to be small, and nowhere else."""

import logging
import math
from functools import partial

import pytest
import tiny
import torch

from vhp.device import precision
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine, refined_rounding_error
from vhp.likelihood.refined.search import RefinedSettings, Search
from vhp.likelihood.rounding import ALLOWED_NATS, N_CHECKED, exact_enough, rounding_error

SETTINGS = LikelihoodSettings(n_samples=200, precision="bf16", compile=False)
REFINEMENT = RefinedSettings(pilot=20, enough=1.0, modes=2, steps=5, centring=2, rounds=1)

ERRORS = [
    pytest.param(rounding_error, id="encoder"),
    pytest.param(partial(refined_rounding_error, refinement=REFINEMENT), id="refined"),
]


@pytest.fixture
def bf16(monkeypatch):
    """As on a processor with bf16 products; others compute the same numbers, slowly."""
    monkeypatch.setattr(precision, "has_bf16", lambda device: True)


def model_of(name, scale=1.0):
    model = tiny.build(name).model
    with torch.no_grad():
        model.decoder[-1].weight.mul_(scale)
    return model


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_the_error_is_the_difference_to_float64_on_the_same_samples(bf16, name):
    model, x, numbers = model_of(name), tiny.patterns(5), torch.tensor([4, 9, 2, 7, 30])
    errors = rounding_error(model, x, SETTINGS, 3, numbers)
    single = LikelihoodSettings(n_samples=200, precision="float32", compile=False)
    rounded = estimate(model, x, SETTINGS, 3, numbers).log_likelihood
    exact = estimate(model.double(), x, single, 3, numbers, dtype=torch.float64).log_likelihood
    assert torch.equal(errors, rounded - exact)
    # It is the rounding that is seen, and nothing but the rounding: a different sample would be off by tenths.
    assert 1e-6 < errors.abs().max() < 0.03


@pytest.mark.parametrize("name", ["iwae_l1", "vhp_rewo", "vampprior"])
def test_the_refined_error_is_the_difference_to_float64_from_the_same_proposals(bf16, monkeypatch, name):
    model, x, numbers = model_of(name), tiny.patterns(5), torch.tensor([4, 9, 2, 7, 30])
    errors = refined_rounding_error(model, x, SETTINGS, 3, numbers, REFINEMENT)
    encoder, search, kept = estimate(model, x, SETTINGS, 3, numbers), Search.proposals, []
    monkeypatch.setattr(Search, "proposals", lambda *arguments: kept.extend(search(*arguments)) or kept)
    rounded = refine(model, x, encoder, SETTINGS, REFINEMENT, 3, numbers)
    monkeypatch.setattr(Search, "proposals", lambda *_: [proposal.to(torch.float64) for proposal in kept])
    single = LikelihoodSettings(n_samples=200, precision="float32", compile=False)
    exact = refine(model.double(), x, encoder, single, REFINEMENT, 3, numbers)
    assert rounded.own_proposal.all() and exact.own_proposal.all()
    torch.testing.assert_close(errors, rounded.log_likelihood - exact.log_likelihood, rtol=0, atol=1e-9)
    assert 1e-6 < errors.abs().max() < 0.03


@pytest.mark.parametrize("errors_of", ERRORS)
def test_float32_has_next_to_no_error(errors_of):
    single = LikelihoodSettings(n_samples=200, precision="float32", compile=False)
    assert errors_of(model_of("vhp_rewo"), tiny.patterns(5), single, 3, torch.arange(5)).abs().max() < 1e-5


def test_a_small_error_is_accepted_and_reported(bf16, caplog):
    x = tiny.patterns(100)
    with caplog.at_level(logging.WARNING):
        settings, errors = exact_enough(model_of("iwae_l2"), x, SETTINGS, 3, torch.arange(100))
    assert settings == SETTINGS
    assert len(errors) == N_CHECKED and abs(errors.mean()) < ALLOWED_NATS
    assert not caplog.records


@pytest.mark.parametrize("errors_of", ERRORS)
def test_a_large_error_means_float32_and_a_warning(bf16, caplog, errors_of):
    """Logits of hundreds: their rounding is of whole nats."""
    model = model_of("iwae_l1", scale=3000)
    with caplog.at_level(logging.WARNING):
        settings, errors = exact_enough(model, tiny.patterns(8), SETTINGS, 3, torch.arange(8), errors_of)
    assert settings.precision == "float32" and len(errors) == 8
    assert abs(errors.mean()) > ALLOWED_NATS
    assert "bf16 is not used: on 8 images it changes log p(x) by" in caplog.text


def test_images_from_the_whole_test_set_are_tried(bf16, monkeypatch):
    seen = []

    def errors(model, x, settings, seed, numbers):
        seen.append((x, numbers))
        return torch.zeros(1)

    x, numbers = tiny.patterns(1000), 3 * torch.arange(1000)
    exact_enough(model_of("iwae_l1"), x, SETTINGS, 3, numbers, errors)
    ((chosen, of_noise),) = seen
    assert of_noise[0] == 0 and of_noise[-1] == 3 * 999 and len(of_noise.unique()) == N_CHECKED
    assert torch.equal(chosen, x[of_noise // 3])


def test_float32_and_processors_without_bf16_need_no_proof(monkeypatch, caplog):
    monkeypatch.setattr(precision, "has_bf16", lambda device: False)
    single = LikelihoodSettings(n_samples=200, precision="float32", compile=False)
    with caplog.at_level(logging.WARNING):
        assert exact_enough(model_of("iwae_l1"), tiny.patterns(5), single, 3, torch.arange(5)) == (single, None)
        assert not caplog.records
        assert exact_enough(model_of("iwae_l1"), tiny.patterns(5), SETTINGS, 3, torch.arange(5)) == (single, None)
    assert "bf16 matrix products are not used" in caplog.text


def test_an_error_that_is_no_number_means_float32(bf16):
    def errors(*_):
        return torch.tensor([math.nan, 0.0])

    settings, _ = exact_enough(model_of("iwae_l1"), tiny.patterns(8), SETTINGS, 3, torch.arange(8), errors)
    assert settings.precision == "float32"
