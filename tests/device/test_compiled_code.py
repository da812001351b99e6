"""What is compiled when there is much work: the same numbers as in eager mode, and compiled indeed."""

from contextlib import contextmanager

import pytest
import tiny
import torch
from torch._dynamo.utils import counters

from vhp.device import compilation
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.likelihood.refined.estimate import refine
from vhp.likelihood.refined.search import RefinedSettings
from vhp.training.fit import fit

REFINEMENT = RefinedSettings(pilot=20, enough=1.0, modes=2, steps=5, centring=2, rounds=1)


@contextmanager
def compiling():
    """A frame that torch.compile refuses runs in eager mode without a word, and is not counted as ok."""
    torch._dynamo.reset()
    counters.clear()
    yield
    assert counters["frames"]["total"] == counters["frames"]["ok"] > 0, counters


@pytest.fixture
def whatever_the_work(monkeypatch):
    """Compiled for tiny work, too; settings that compiling changes are taken back."""
    monkeypatch.setattr("vhp.likelihood.estimate.COMPILE_FROM_OUTPUTS", 0)
    monkeypatch.setattr("vhp.likelihood.refined.estimate.COMPILE_FROM_OUTPUTS", 0)
    monkeypatch.setattr("vhp.training.fit.COMPILE_FROM_STEPS", 0)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    with torch._dynamo.config.patch(suppress_errors=False):
        yield
    torch._dynamo.reset()


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_estimate_refinement_and_training_are_the_same_compiled(whatever_the_work):
    x, model = tiny.patterns(5), tiny.build("vhp_rewo").model
    eager, fast = (LikelihoodSettings(n_samples=100, precision="float32", compile=on) for on in (False, True))
    plain = estimate(model, x, eager, 3)
    with compiling():
        found = estimate(model, x, fast, 3)
    torch.testing.assert_close(found.log_likelihood, plain.log_likelihood, rtol=0, atol=1e-4)

    refined = refine(model, x, plain, eager, REFINEMENT, 3)
    with compiling():
        found = refine(model, x, plain, fast, REFINEMENT, 3)
    torch.testing.assert_close(found.log_likelihood, refined.log_likelihood, rtol=0, atol=1e-4)

    def trained(compile):
        torch.manual_seed(0)
        method = tiny.build("vhp_rewo")
        fit(method, tiny.patterns(64), tiny.patterns(9), tiny.training(epochs=1, compile=compile), seed=1)
        return method.model.state_dict()

    before = trained(False)
    with compiling():
        after = trained(True)
    for key, tensor in before.items():
        torch.testing.assert_close(after[key], tensor, rtol=1e-4, atol=1e-5, msg=key)
