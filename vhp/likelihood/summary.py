"""A test set's likelihoods in numbers: means over its examples, and how far to trust them. Nats."""

import math

from torch import Tensor

from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings
from vhp.likelihood.refined.estimate import RefinedEstimate
from vhp.likelihood.reliability import apart, heavy_tailed
from vhp.likelihood.running_weights import sample_counts
from vhp.likelihood.thresholds import LOW_ESS

Values = dict[str, float | int | str | list[float] | list[int] | None]


def summary(result: LikelihoodEstimate, settings: LikelihoodSettings, rounding: Tensor | None) -> Values:
    """Of the encoder's estimate.

    rounding: errors of log p(x), see vhp.likelihood.rounding, None where none were measured.
    """
    return {
        **_estimate(result, settings, rounding),
        "elbo": result.elbo.mean().item(),
        "elbo_mc_se": _error_of_mean(result.elbo_se),
        "n_test": len(result.log_likelihood),
        "n_samples": settings.n_samples,
        # What the first samples alone give: in expectation upper bounds on -log p(x), which fall with their number.
        "sample_counts": sample_counts(settings.n_samples),
        "nll_of_first": (-result.of_first.mean(0)).tolist(),
    }


def refined_summary(
    result: RefinedEstimate, encoder: LikelihoodEstimate, settings: LikelihoodSettings, rounding: Tensor | None
) -> Values:
    """Of the refined estimate, each name with refined_ before it; and for how many examples the two do not agree."""
    errors = encoder.monte_carlo_se, result.monte_carlo_se
    own = {
        **_estimate(result, settings, rounding),
        "own_proposals": int(result.own_proposal.sum()),
        "n_apart": int(apart(encoder.log_likelihood, result.log_likelihood, *errors).sum()),
    }
    return {f"refined_{name}": value for name, value in own.items()}


def _estimate(
    result: LikelihoodEstimate | RefinedEstimate, settings: LikelihoodSettings, rounding: Tensor | None
) -> Values:
    """What both estimates have."""
    n, heavy = len(result.log_likelihood), heavy_tailed(result.effective_samples, result.k_hat, settings.n_samples)
    return {
        "nll": -result.log_likelihood.mean().item(),
        # Of the mean over test examples: their spread contains the Monte Carlo error, which is given beside it.
        "nll_se": result.log_likelihood.std().item() / math.sqrt(n) if n > 1 else None,
        "nll_mc_se": _error_of_mean(result.monte_carlo_se),
        "ess": result.effective_samples.mean().item(),
        "n_low_ess": int((result.effective_samples < LOW_ESS).sum()),
        "n_unreliable": int(heavy.sum()),
        "precision": settings.precision,
        # Of log p(x), against float64, on the images on which a rounded precision was tried.
        "rounding_mean": None if rounding is None else rounding.mean().item(),
        "rounding_worst": None if rounding is None else rounding.abs().max().item(),
    }


def _error_of_mean(errors: Tensor) -> float:
    return errors.square().sum().sqrt().item() / len(errors)
