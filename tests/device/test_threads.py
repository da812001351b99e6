"""The number of threads changes last bits and, within its error bar, nothing else."""

import math

import pytest
import tiny
import torch

from vhp import methods
from vhp.likelihood.estimate import LikelihoodSettings, estimate
from vhp.model.vae import VAE
from vhp.training.fit import fit

# Wide enough that PyTorch divides the work: it does so from 32,768 numbers.
HIDDEN, BATCH = 160, 256
METHODS = ("vhp_rewo", "vampprior", "iwae_l2")  # a hierarchical prior, a mixture, and several samples of z


@pytest.fixture
def on_threads():
    """Runs a function on a number of threads."""
    before = torch.get_num_threads()

    def on_threads(n, run):
        torch.set_num_threads(n)
        return run()

    yield on_threads
    torch.set_num_threads(before)


def build(name):
    torch.manual_seed(0)
    model, module = VAE(tiny.D, tiny.D_Z, [HIDDEN], "bernoulli"), methods.load(name)
    return module.build(model, module.Settings(**tiny.SETTINGS[name]), tiny.patterns(20).float() / 255)


@pytest.mark.parametrize("name", METHODS)
def test_training_and_evaluation_on_other_threads_give_the_nll_within_its_error(name, on_threads):
    train, val, test = tiny.patterns(1024), tiny.patterns(64), tiny.patterns(64)
    options = tiny.training(epochs=10, batch_size=BATCH)

    def log_likelihood():
        method = build(name)
        fit(method, train, val, options, seed=1)
        return estimate(method.model, test, LikelihoodSettings(500, "float32", compile=False), seed=1).log_likelihood

    one, two = (on_threads(n, log_likelihood) for n in (1, 2))
    assert not torch.equal(one, two)  # or nothing was divided
    standard_error = one.std().item() / math.sqrt(len(one))
    assert abs((one - two).mean().item()) < standard_error / 10
    # Nor did one image become much better and another worse.
    assert (one - two).abs().max().item() < standard_error
