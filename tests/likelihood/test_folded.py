"""Annealed bounds where chains get lost: a posterior of two modes, of which the data prefer one.

The decoder folds the line: x_1 ~ z^2 tells |z|, x_2 ~ z tells a little of the sign. log p(x) is known by quadrature. A
chain that comes from the prior settles in one of the modes before it can know which of them is the better one.
"""

import math

import torch
from quadrature import log_likelihood
from torch import nn

from vhp.likelihood.annealed.chains import AnnealingSettings, Chains, lower_bound, simulated, upper_bound
from vhp.likelihood.annealed.starts import PriorStart
from vhp.likelihood.joint import Joint
from vhp.model.priors.standard_normal import StandardNormal
from vhp.model.vae import VAE

N, SEED = 300, 3
SETTINGS = AnnealingSettings(n_temperatures=10, n_chains=4, n_leapfrog=3, start="prior")
SLOPE, SIGMA = 0.35, 0.2


class Fold(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(SLOPE, dtype=torch.float64))  # tells device and precision

    def forward(self, z):
        return torch.cat([z.square(), self.slope * z], -1)


def log_weights():
    """Of forward and reverse chains, less the exact log p(x): (C, N) each."""
    model = VAE(2, 1, [2], "gaussian").double()
    model.decoder, model.prior = Fold(), StandardNormal(1)
    model.observation.log_var.data = torch.tensor(2 * math.log(SIGMA), dtype=torch.float64)
    joint = Joint(model)
    x, u = simulated(joint, SEED, range(N))
    chains = Chains(PriorStart(joint), x, SETTINGS, SEED, range(N))
    steps, exact = chains.tuned(), log_likelihood(model, x)
    return chains.forward(steps) - exact, chains.reverse(steps, u) - exact


def mean_and_error(values):
    return values.mean().item(), values.std().item() / math.sqrt(len(values))


def test_the_truth_lies_between_the_bounds():
    """In the mean over images, by several errors. Forward chains do get lost; reverse ones begin where they should end,
    or the upper bound would be nats below the truth."""
    forward, reverse = log_weights()
    below, error = mean_and_error(lower_bound(forward))
    assert below < -3 * error
    above, error = mean_and_error(upper_bound(reverse))
    assert above > 4 * error
