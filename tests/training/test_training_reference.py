"""Training against a plain loop, step by step: the paper's formulas written out, beta from tests/reference.py.

All in float64, so that what is left of the difference is the fast path's float32 copy of beta.
"""

import math
from dataclasses import replace

import pytest
import reference
import tiny
import torch

from vhp import methods
from vhp.objective.terms import sample_terms, terms
from vhp.resumable import Resumable
from vhp.seeds import VALIDATION_SEED
from vhp.training.fit import fit
from vhp.training.pace import Pace
from vhp.training.validation import validation_bound

SEED, EPOCHS, BATCH = 1, 3, 16
SETTINGS = tiny.training(epochs=EPOCHS, batch_size=BATCH, learning_rate=2e-2)
TWO_PHASES = ("vhp_rewo", "vhp_rewo_clipped", "rewo_no_slope", "rewo_normal_prior")
CHANGED = {name: {"kappa": 0.83} for name in (*TWO_PHASES, "rewo_one_phase")} | {"vhp_geco": {"nu": 2.0}}


def build(name):
    torch.manual_seed(0)
    return tiny.build(name, dtype=torch.float64, **CHANGED.get(name, {}))


def beta_and_phase(name, constraints, n_steps):
    """What the next step is made with, after batches with the given constraints."""
    settings = methods.load(name).Settings(**tiny.SETTINGS[name] | CHANGED.get(name, {}))
    if name in ("vhp_rewo", "rewo_one_phase", "rewo_no_slope", "rewo_normal_prior"):
        s, main = settings, name == "rewo_one_phase"
        tau = None if name == "rewo_no_slope" else s.tau
        rows = reference.rewo(constraints, s.kappa, s.nu, tau, s.beta_0, s.alpha, main)
        return rows[-1][1:] if rows else (s.beta_0, main)
    if name == "vhp_rewo_clipped":
        s = settings
        rows = reference.rewo_clipped(constraints, s.kappa, s.nu, s.tau, s.beta_0, s.alpha)
        return rows[-1][1:] if rows else (0.0, False)
    if name == "vhp_geco":
        rows = reference.geco(constraints, settings.kappa, settings.nu, settings.alpha)
        return (rows[-1][1] if rows else 1.0), True
    if name in ("vampprior", "vhp_warm_up"):
        return (reference.warm_up(len(constraints), n_steps, settings.warm_up_share) if constraints else 0.0), True
    return 1.0, True


def loss_of(name, t, beta):
    """The mean over the batch of -log p(x|z) + beta F(x), or of minus the importance-weighted bound."""
    if name.startswith("iwae"):
        weights = (t.log_likelihood + t.log_prior - t.log_posterior).exp()
        return -weights.mean(0).log().mean()
    return (-t.log_likelihood + beta * (t.log_posterior - t.log_prior)).mean()


def decay(model, share, of_prior):
    """Every network's weights lose that share of themselves; those of the prior only where it says so."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight") and (of_prior or not name.startswith("prior.")):
                parameter -= share * parameter


class Clipping:
    """Of the gradient, where its norm exceeds so many times the moving average of the norms before, as clipped."""

    def __init__(self, limit):
        self.limit, self.average, self.times = limit, None, 0

    def clip(self, parameters):
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
        kept = norm if self.average is None else min(norm, self.limit * self.average)
        for gradient in gradients:
            gradient *= kept / norm
        self.times += kept < norm
        self.average = kept if self.average is None else 0.99 * self.average + 0.01 * kept


def plain_training(name, method, train, limit, weight_decay):
    """Train method.model; gives the betas that the batches were trained with, the phases, and how many were clipped."""
    model, n_steps = method.model, EPOCHS * (len(train) // BATCH)
    optimiser, constraints, betas, phases = torch.optim.Adam(model.parameters()), [], [], []
    clipping = Clipping(math.inf if limit is None else limit)
    for epoch in range(1, EPOCHS + 1):
        torch.manual_seed(SEED * 1_000_003 + epoch)
        prior_decays = any(phases)  # from the epoch on after that in which the main phase begins
        for index in torch.randperm(len(train)).split(BATCH):
            x = train[index]
            mean, log_var = model.encoder(x)
            eps = torch.randn(method.n_z, BATCH, tiny.D_Z, dtype=torch.float64)
            eps_zeta = torch.randn(method.n_zeta, method.n_z, BATCH, model.prior.d_zeta, dtype=torch.float64)
            t = terms(model, x, mean, log_var, eps, eps_zeta)
            beta, main_phase = beta_and_phase(name, constraints, n_steps)
            optimiser.zero_grad()
            loss_of(name, t, beta).backward()
            if not main_phase:
                for parameter in model.prior.parameters():
                    parameter.grad = None
            clipping.clip(model.parameters())
            step = len(constraints) + 1
            rate = SETTINGS.learning_rate * Pace(SETTINGS).factor(EPOCHS * step / n_steps)
            optimiser.param_groups[0]["lr"] = rate
            decay(model, rate * weight_decay, prior_decays)
            optimiser.step()
            constraints.append(t.constraint.mean().item())
            betas.append(beta)
            phases.append(main_phase)
    return betas, phases, clipping.times


CASES = [*((name, None, 0.0) for name in tiny.SETTINGS), ("vhp_rewo", 1.0, 0.0), ("vhp_rewo", None, 0.5)]


@pytest.mark.parametrize(("name", "limit", "weight_decay"), CASES)
def test_training_equals_the_plain_loop(name, limit, weight_decay):
    train, val = tiny.patterns(64, torch.float64), tiny.patterns(30, torch.float64)
    fast, plain, after_epoch = build(name), build(name), []

    def progress(epochs):
        for epoch in epochs:
            yield epoch
            after_epoch.append({key: tensor.clone() for key, tensor in fast.model.state_dict().items()})

    settings = replace(SETTINGS, gradient_limit=limit, weight_decay=weight_decay)
    history = fit(fast, train, val, settings, SEED, Resumable(progress=progress)).history
    betas, phases, clipped = plain_training(name, plain, train, limit, weight_decay)
    for key, tensor in plain.model.state_dict().items():
        torch.testing.assert_close(after_epoch[-1][key], tensor, rtol=1e-5, atol=1e-7, msg=key)
    # The history holds the beta after an epoch's last step: that of the next epoch's first.
    assert [row["beta"] for row in history][:-1] == pytest.approx([betas[4], betas[8]], rel=1e-6)
    assert (2 < clipped < len(betas)) if limit else clipped == 0
    if name in TWO_PHASES:  # or half of what is said above is not tested
        assert phases.index(True) == 7 and phases[-1]
    if name in ("vhp_rewo", "vhp_geco", "vampprior", "rewo_one_phase", "rewo_no_slope", "vhp_warm_up"):
        assert len(set(betas)) > 3


@pytest.mark.parametrize("name", tiny.SETTINGS)
def test_the_validation_bound_is_that_at_beta_one_of_all_examples_whatever_beta_is(name, monkeypatch):
    """In nats per example: log p(x|z) + log p(z) - log q(z|x), or the log mean of its exponentials."""
    monkeypatch.setattr("vhp.training.validation.BATCH", 7)
    method, val, total = build(name), tiny.patterns(30, torch.float64), 0.0
    method.schedule.beta.fill_(3.0)
    torch.manual_seed(VALIDATION_SEED)
    for part in (val[:7], val[7:14], val[14:21], val[21:28], val[28:]):
        t = sample_terms(method.model, part, method.n_z, method.n_zeta)
        total -= loss_of(name, t, 1.0).item() * len(part)
    assert validation_bound(method, val) == pytest.approx(total / 30, rel=1e-12)
    assert math.isfinite(validation_bound(method, val))
