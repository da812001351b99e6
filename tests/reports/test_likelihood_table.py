"""How a training ended, as the details of the likelihoods show it."""

from typing import Any

import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.reports.likelihood_table import detail_table

LIKELIHOOD = {"nll": 80.0, "nll_se": 0.3, "nll_mc_se": 0.01, "elbo": -84.0, "ess": 50.0, "n_low_ess": 0, "n_test": 100}
TRAINING = {"beta_final": 1.0, "beta_best": 1.0, "constraint_final": 0.05, "epochs": 60, "best_epoch": 58}
TIME = {"seconds": 90.0}


def run(method: str, **training: Any) -> RunArtifacts:
    config = {"run": {"dataset": "digits", "method": method, "seed": 0}, "method": {}, "evaluation": {}}
    return RunArtifacts(
        **{"name": f"digits-{method}-0", "n_test": 100, "observation": "bernoulli", "note": None, "config": config},
        **{"code": {}, "history": pd.DataFrame(), "training": TRAINING | training, "training_time": TIME},
        **{"likelihood": LIKELIHOOD | {"exact_nll": None, "n_samples": 50}, "evaluation_time": TIME},
        **{"interpolation": {}, "interpolation_time": {}, "smoothness": {}, "representation": {}},
    )


def column(name: str, *runs: RunArtifacts) -> list[str] | None:
    table = detail_table(runs)
    return [row[table.columns.index(name)] for row in table.rows] if name in table.columns else None


def test_skipped_steps_are_shown_where_there_were_any():
    """A result of an earlier revision has no number of them."""
    runs = run("vhp_rewo", skipped_steps=0), run("vhp_geco", skipped_steps=36), run("vampprior")
    assert column("skipped steps", *runs) == ["0", "36", "–"]
    assert any(text.startswith("Skipped steps: ") for text in detail_table(runs).definitions)
    assert column("skipped steps", runs[0], runs[2]) is None


def test_converged_is_said_with_the_gain_of_the_last_tenth():
    runs = run("vhp_rewo", converged=True, gain_last_tenth=0.984), run("vhp_geco", converged=False), run("vampprior")
    assert column("converged", *runs) == ["yes (+0.98)", "no", "–"]
