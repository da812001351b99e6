"""A test set's numbers, from the estimates of four images made by hand."""

import math

import pytest
import torch

from vhp.likelihood.estimate import LikelihoodEstimate, LikelihoodSettings
from vhp.likelihood.refined.estimate import RefinedEstimate
from vhp.likelihood.summary import refined_summary, summary

SETTINGS = LikelihoodSettings(n_samples=1000, precision="bf16", compile=False)


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


ENCODER = LikelihoodEstimate(
    log_likelihood=column(-1, -2, -3, -6),
    elbo=column(-2, -4, -5, -9),
    effective_samples=column(9, 10, 500, 1),
    monte_carlo_se=column(0.3, 0.1, 0.1, 0.5),
    elbo_se=column(0.1, 0.1, 0.1, 0.3),
    k_hat=column(0.2, 0.9, 0.2, 0.9),  # up to 1 - 1 / log10(1000) = 2 / 3 a weight's tail is light enough
    of_first=column(-8, -9, -9, -10).outer(column(1, 0.5, 0.4, 0.3)),
    seconds=7.0,
)
REFINED = RefinedEstimate(
    log_likelihood=column(-1.1, -1, -3, -4),
    effective_samples=column(800, 10, 500, 9.5),
    monte_carlo_se=column(0.4, 0.1, 0, 0.2),
    k_hat=column(0.1, 0.2, 0.2, 0.3),
    own_proposal=column(1, 1, 0, 1),
    seconds=9.0,
)


def test_the_encoders_numbers():
    assert summary(ENCODER, SETTINGS, column(0.03, -0.05, 0.01, 0.04)) == {
        "nll": 3,
        "nll_se": pytest.approx(math.sqrt(14 / 3) / 2),
        "nll_mc_se": pytest.approx(0.6 / 4),  # the root of the squares' sum, by n
        "ess": 130,
        "n_low_ess": 2,
        "n_unreliable": 3,  # two of them with few effective samples, and two with a heavy tail
        "precision": "bf16",
        "rounding_mean": pytest.approx(0.0075),
        "rounding_worst": 0.05,
        "elbo": -5,
        "elbo_mc_se": pytest.approx(math.sqrt(0.12) / 4),
        "n_test": 4,
        "n_samples": 1000,
        "sample_counts": [1, 10, 100, 1000],
        "nll_of_first": pytest.approx([9, 4.5, 3.6, 2.7]),
    }


def test_the_refined_numbers_and_how_many_images_are_apart():
    """The first image is within the errors, the second and the fourth are not."""
    assert refined_summary(REFINED, ENCODER, SETTINGS, column(-0.02, 0.01)) == {
        "refined_nll": pytest.approx(2.275),
        "refined_nll_se": pytest.approx(REFINED.log_likelihood.numpy().std(ddof=1) / 2),
        "refined_nll_mc_se": pytest.approx(math.sqrt(0.21) / 4),
        "refined_ess": 329.875,
        "refined_n_low_ess": 1,
        "refined_n_unreliable": 1,
        "refined_precision": "bf16",
        "refined_rounding_mean": pytest.approx(-0.005),
        "refined_rounding_worst": 0.02,
        "refined_own_proposals": 3,
        "refined_n_apart": 2,
    }


def test_one_image_has_no_spread_and_without_a_check_there_is_no_rounding():
    one = LikelihoodEstimate(*[getattr(ENCODER, name)[:1] for name in list(vars(ENCODER))[:-1]], seconds=1.0)
    values = summary(one, SETTINGS, None)
    assert values["nll"] == 1 and values["nll_se"] is values["rounding_mean"] is values["rounding_worst"] is None
