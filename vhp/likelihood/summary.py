"""A test set's likelihood in numbers: means over its examples, and how far to trust them."""

import math

from torch import Tensor

from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings

# An image whose estimate rests on fewer effective samples than this may be misjudged by many nats, and its standard
# error, made from the same samples, does not show it: the proposal q(z|x) misses the posterior.
LOW_ESS = 10.0


def summary(
    result: LikelihoodEstimate, settings: LikelihoodSettings, rounding: Tensor | None
) -> dict[str, float | int | str | None]:
    """Likelihoods in nats. rounding: errors of log p(x), see vhp.likelihood.rounding, None where none were measured."""
    n = len(result.log_likelihood)
    spread = result.log_likelihood.std().item() if n > 1 else math.nan
    return {
        "nll": -result.log_likelihood.mean().item(),
        # Of the mean over test examples: their spread contains the Monte Carlo error, which is given beside it.
        "nll_se": spread / math.sqrt(n) if n > 1 else None,
        "nll_mc_se": result.monte_carlo_se.square().sum().sqrt().item() / n,
        "elbo": result.elbo.mean().item(),
        "ess": result.effective_samples.mean().item(),
        "n_low_ess": int((result.effective_samples < LOW_ESS).sum()),
        "n_test": n,
        "n_samples": settings.n_samples,
        "precision": settings.precision,
        # Of log p(x), against float64, on the images on which a rounded precision was tried.
        "rounding_mean": None if rounding is None else rounding.mean().item(),
        "rounding_worst": None if rounding is None else rounding.abs().max().item(),
    }
