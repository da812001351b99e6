"""Measures of training and likelihood: where beta ends, and how far methods are apart in nats."""

import math
from dataclasses import replace

import numpy as np

from stages.reports.artifacts import RunArtifacts
from stages.reports.claims.cases import Case, each_seed, enough, over_seeds
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import Estimate, MissingError
from stages.reports.poster_table import published
from vhp.names import method_name

BETA_FLOOR = 1e-30  # at which the training holds it, too


def log_beta(evidence: Evidence, case: Case) -> Estimate:
    """|log beta| at the end of training."""
    source, runs = each_seed(evidence, case)
    return over_seeds([_log_beta(run) for [run] in runs], source)


def log_beta_fulfilled(evidence: Evidence, case: Case) -> Estimate:
    """|log beta| at the end of the trainings whose constraint C < kappa^2 is fulfilled there."""
    source, runs = each_seed(evidence, case)
    fulfilled = [run for [run] in runs if run.kappa is not None and run.training["constraint_final"] < run.kappa**2]
    if not fulfilled:
        raise MissingError(f"no run of {method_name(case.test.method)} whose constraint is fulfilled at the end")
    enough(len(fulfilled), case)
    return over_seeds([_log_beta(run) for run in fulfilled], source)


def nll_cost(evidence: Evidence, case: Case) -> Estimate:
    """NLL of `against` - NLL of the method, nats, the refined one where all have it: what the other one loses."""
    source, runs = each_seed(evidence, case)
    refined = all(run.likelihood.get("refined_nll") is not None for both in runs for run in both)
    value = "refined_nll" if refined else "nll"
    differences = [other.likelihood[value] - run.likelihood[value] for run, other in runs]
    if (pair := evidence.paired(source, case.dataset, case.methods, len(runs))) is not None:
        found = pair.refined if refined and pair.refined else pair.encoders
        of = "same test examples" if len(runs) == 1 else "seeds and same test examples"
        return Estimate(float(np.mean(differences)), found.se, of, len(runs), source, found.df)
    # As if the test examples were not the same ones: too large rather than too small.
    return over_seeds(differences, source, math.hypot(*(run.likelihood[f"{value}_se"] or 0.0 for run in runs[0])))


def nll_lead(evidence: Evidence, case: Case) -> Estimate:
    """Difference of the NLLs, nats, with the sign of the paper's table: positive where who leads there leads here."""
    estimate = nll_cost(evidence, case)
    return _scaled(estimate, math.copysign(1.0, paper_gap(case)))


def gap_ratio(evidence: Evidence, case: Case) -> Estimate:
    """NLL of `against` - NLL of the method, over the same in the paper's table."""
    return _scaled(nll_cost(evidence, case), 1 / paper_gap(case))


def paper_gap(case: Case) -> float:
    """NLL of `against` - NLL of the method in the paper's table, nats. Raises MissingError."""
    values = published()
    if missing := [method for method in case.methods if (method, case.dataset) not in values]:
        raise MissingError(f"the paper's table has no {' and '.join(map(method_name, missing))}")
    run, other = (values[method, case.dataset] for method in case.methods)
    return other - run


def _log_beta(run: RunArtifacts) -> float:
    return abs(math.log(max(run.training["beta_final"], BETA_FLOOR)))


def _scaled(estimate: Estimate, by: float) -> Estimate:
    error = None if estimate.error is None else abs(by) * estimate.error
    return replace(estimate, value=by * estimate.value, error=error)
