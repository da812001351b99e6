"""What holds for every method (vhp/methods/__init__.py): a new one is an entry in tests/tiny.py.

Its model has one latent dimension, and so has zeta, where there is one: so log p(x) is a sum over a grid.
"""

import math
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest
import quadrature
import tiny
import torch

from vhp import methods, names
from vhp.methods import Method
from vhp.model.vae import VAE
from vhp.objective.bounds import log_weight
from vhp.objective.schedules import Schedule
from vhp.objective.terms import Terms, sample_terms

D = 4
N = 4_000  # images in one batch, all the same: so many independent estimates
Z_LIMIT = 4.5
STEPS = 60
BAD = {int: (0, -1), float: (-1.0, math.nan, math.inf), tuple: ((), (0,), (4, -1))}

each_method = pytest.mark.parametrize("name", methods.names())


def settings(name: str, **changed):
    return methods.load(name).Settings(**tiny.SETTINGS[name] | changed)


def images(n: int) -> torch.Tensor:
    return torch.randint(2, (n, D)).double()


def build(name: str, seed: int = 1) -> Method:
    """With one dimension each for z and zeta, in float64."""
    torch.manual_seed(seed)
    one = {"d_zeta": 1} if "d_zeta" in tiny.SETTINGS[name] else {}
    model = VAE(D, 1, [6], "bernoulli").double()
    method = methods.load(name).build(model, settings(name, **one), images(20))
    model.double()
    # An untrained decoder is almost constant. Encoder and prior are near N(0, 1), so that no weight has a heavy tail.
    with torch.no_grad():
        for p in model.decoder.parameters():
            p.mul_(3)
    return method


def terms_of(method: Method, n: int, n_zeta: int | None = None) -> tuple[torch.Tensor, Terms]:
    """One image (1, D), and the terms of n copies of it."""
    x = images(1)
    return x, sample_terms(method.model, x.expand(n, -1), method.n_z, n_zeta or method.n_zeta)


def test_every_method_has_settings_here():
    assert set(tiny.SETTINGS) == set(methods.names())


@each_method
def test_the_title_is_the_modules_own(name):
    title = methods.load(name).TITLE
    assert title and names.method_name(name) == title


def test_titles_tell_methods_apart():
    assert len({methods.load(name).TITLE for name in methods.names()}) == len(methods.names())


@each_method
def test_settings_are_frozen_and_refuse_what_cannot_be(name):
    good = settings(name)
    assert is_dataclass(good)
    for field in fields(good):
        value = getattr(good, field.name)
        with pytest.raises(FrozenInstanceError):
            setattr(good, field.name, value)
        for bad in BAD[type(value)]:
            with pytest.raises(ValueError, match=rf"^{field.name}: found .*expected"):
                replace(good, **{field.name: bad})


@each_method
def test_what_is_built_has_a_prior_and_says_how_many_samples_it_takes(name):
    method = build(name)
    assert method.model.prior.sample(3).shape == (3, 1)
    assert isinstance(method.schedule, Schedule)
    assert method.n_z >= 1 and method.n_zeta >= 1
    assert method.n_zeta == 1 or method.model.prior.d_zeta > 0  # more than one only where there is a zeta


@each_method
def test_there_is_a_term_per_sample_and_image_and_a_bound_per_image(name):
    method = build(name)
    _, t = terms_of(method, 5)
    assert all(term.shape == (method.n_z, 5) for term in t)
    bound = method.bound(t, torch.tensor(1.0, dtype=torch.float64))
    assert bound.shape == (5,) and bound.dtype == torch.float64 and bound.isfinite().all()


@each_method
@torch.no_grad()
def test_the_importance_weights_have_the_likelihood_as_their_mean(name):
    """One weight per joint sample (z, zeta), as the test likelihood is estimated."""
    method = build(name)
    x, t = terms_of(method, N, n_zeta=1)
    ratio = (log_weight(t) - quadrature.log_likelihood(method.model, x)).exp().mean(0)
    error = (ratio.mean() - 1) / (ratio.std() / math.sqrt(N))
    assert abs(error) < Z_LIMIT


@each_method
@torch.no_grad()
def test_the_bound_at_beta_1_is_one_on_the_likelihood_in_the_mean(name):
    method = build(name)
    x, t = terms_of(method, N)
    bound, exact = method.bound(t, 1.0), quadrature.log_likelihood(method.model, x).item()
    error = bound.std().item() / math.sqrt(N)
    assert bound.mean().item() < exact + Z_LIMIT * error
    assert bound.mean().item() > exact - 3  # and says something of it: an untrained model is a few nats off


@each_method
@torch.no_grad()
def test_beta_weighs_the_divergence_where_it_moves_and_is_1_where_it_does_not(name):
    method = build(name)
    _, t = terms_of(method, 5)
    betas = [method.schedule.beta.item()]
    for step in range(1, STEPS + 1):
        method.schedule.step(torch.tensor(0.5 if step < STEPS / 2 else 0.1), progress=step / STEPS)
        betas.append(method.schedule.beta.item())
    assert all(beta >= 0 and math.isfinite(beta) for beta in betas)
    if set(betas) == {1.0} and torch.equal(method.bound(t, 0.3), method.bound(t, 1.0)):
        return
    divergence = (t.log_posterior - t.log_prior).mean(0)
    for beta in (0.0, 0.3, 2.0):
        expected = t.log_likelihood.mean(0) - beta * divergence
        torch.testing.assert_close(method.bound(t, beta), expected, rtol=1e-10, atol=1e-10)


@each_method
def test_one_seed_gives_one_model_and_one_bound(name):
    weights, bounds = [], []
    for _ in range(2):
        method = build(name)
        _, t = terms_of(method, 5)
        weights.append(method.model.state_dict())
        bounds.append(method.bound(t, 0.5))
    assert torch.equal(*bounds) and weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


@each_method
def test_the_schedule_can_be_saved(name):
    """A resumed training goes on with the multiplier of the interrupted one."""
    first, second = build(name).schedule, build(name).schedule
    for progress in (0.1, 0.2, 0.3):
        first.step(torch.tensor(0.4), progress)
    second.load_state_dict(first.state_dict())
    for schedule in (first, second):
        schedule.step(torch.tensor(0.3), 0.4)
    assert torch.equal(first.beta, second.beta) and torch.equal(first.constraint, second.constraint)
