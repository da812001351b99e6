"""How many nats a better prior would gain, encoder and decoder left as they are: a lower bound, by a classifier.

Tilted by any function T the prior is p(z) e^T(z) / E_p e^T, and the bound of data whose posterior samples are z ~ q
rises by E_q T(z) - log E_p e^T(z), which is at least

    gain(T) = E_q T(z) + 1 - E_p e^T(z)  <=  KL(q(z) || p(z)),    q(z) the aggregated posterior

(log u <= u - 1; Nguyen, Wainwright & Jordan 2010). Unlike the logarithm of a mean, this has estimates without bias. It
is tight where E_p e^T = 1, and the best T is the log-ratio of the two densities, the logit of a classifier between
samples of the two (Rosca et al. 2018; used as a prior by Aneja et al. 2021).
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

STEPS = 2_000
VALIDATE_EVERY = 250
BATCH = 512
LEARNING_RATE = 1e-3
WIDTH = 128


class LogRatio(nn.Module):
    """T: (n, d_z) -> (n,), a perceptron of two layers on inputs of unit variance."""

    mean: Tensor  # (d_z,), as is
    scale: Tensor

    def __init__(self, sample: Tensor):
        """sample (n, d_z): what the inputs are standardised by."""
        super().__init__()
        self.register_buffer("mean", sample.mean(0))
        self.register_buffer("scale", sample.std(0).clamp_min(1e-6))
        self.hidden = nn.Sequential(nn.Linear(sample.shape[1], WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU())
        self.last = nn.Linear(WIDTH, 1)

    def forward(self, z: Tensor) -> Tensor:
        return self.last(self.hidden((z - self.mean) / self.scale)).squeeze(-1)


@torch.no_grad()
def gain(log_ratio: nn.Module, posterior: Tensor, prior: Tensor) -> tuple[float, float]:
    """gain(T), nats, and its standard error: posterior (n, d_z), one z per example, prior (m, d_z), both held out."""
    t, weight = log_ratio(posterior).double(), log_ratio(prior).double().exp()
    variance = t.var() / len(t) + weight.var() / len(weight)
    return (t.mean() + 1 - weight.mean()).item(), math.sqrt(variance.item())


@torch.no_grad()
def normalised(log_ratio: LogRatio, prior: Tensor) -> LogRatio:
    """T less the constant that makes the mean of e^T over these samples (n, d_z) 1: a copy."""
    shifted = copy.deepcopy(log_ratio)
    shifted.last.bias.sub_(torch.logsumexp(log_ratio(prior), 0) - math.log(len(prior)))
    return shifted


def fit_log_ratio(
    draw_posterior: Callable[[int], Tensor],
    draw_prior: Callable[[int], Tensor],
    validation: tuple[Tensor, Tensor],
    steps: int = STEPS,
) -> LogRatio:
    """Learn T from samples that are drawn as they are needed, n -> (n, d_z); keep the best on the validation samples.

    validation: z ~ q and z ~ p, of which neither enters the gradients; T is normalised on the latter. If no T
    gains on them, T is 0.
    """
    network = LogRatio(draw_prior(10 * BATCH)).to(validation[0].device)
    nn.init.zeros_(network.last.weight)  # at first T is constant
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    best, best_gain = normalised(network, validation[1]), 0.0
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / (steps + 1))
        loss = softplus(-network(draw_posterior(BATCH))).mean() + softplus(network(draw_prior(BATCH))).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % VALIDATE_EVERY == 0 or step == steps:
            candidate = normalised(network, validation[1])
            candidate_gain, _ = gain(candidate, *validation)
            if candidate_gain > best_gain:
                best, best_gain = candidate, candidate_gain
    return best
