"""Every case of every claim, measured and judged: a row each of claims.csv."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from stages.reports.claims import curves, latent, likelihoods
from stages.reports.claims.cases import Case, Measure
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import NOT_TESTABLE, MissingError, overall, verdict
from stages.reports.claims.thresholds import Claim, Test, Thresholds, read

MEASURES: Mapping[str, Measure] = {
    measure.__name__: measure
    for measure in (
        *(likelihoods.log_beta, likelihoods.log_beta_fulfilled, likelihoods.nll_cost, likelihoods.nll_lead),
        *(likelihoods.gap_ratio, curves.gap_ratio_on_curve, curves.kappa_share),
        *(latent.classifier_accuracy, latent.one_way, latent.broken, latent.off_data, latent.off_data_straight),
        latent.smoother_joints,
    )
}
KEY = ("claim", "measure", "factor", "dataset", "method", "against")  # of a row
COLUMNS = (
    *(*KEY, "verdict", "claim_verdict", "value", "error", "error_of", "n_seeds", "source"),
    *("reproduced", "partly", "missing", "words", "setting"),
)


def verdicts(evidence: Evidence, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Columns COLUMNS, a row per case; claim_verdict: that of the claim over its cases."""
    thresholds = thresholds or read()
    rows = []
    for claim in thresholds.claims:
        cases = [row(evidence, thresholds, claim, test, d, a) for test in claim.tests for d, a in over(test)]
        of_claim = overall([case["verdict"] for case in cases])
        rows += [case | {"claim_verdict": of_claim} for case in cases]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def over(test: Test) -> list[tuple[str, str | None]]:
    return [(dataset, against) for dataset in test.datasets for against in test.against]


def row(
    evidence: Evidence, thresholds: Thresholds, claim: Claim, test: Test, dataset: str, against: str | None
) -> dict[str, Any]:
    """One case. Raises ValueError for a measure that does not exist."""
    if test.measure not in MEASURES:
        raise ValueError(f"claims.toml: found the measure {test.measure}, expected one of {', '.join(MEASURES)}")
    case = Case(test, dataset, against, thresholds.seeds_needed(dataset))
    about: dict[str, Any] = {
        **{"claim": claim.name, "words": claim.words, "setting": claim.setting, "measure": test.measure},
        **{"dataset": dataset, "method": test.method, "against": against, "factor": test.options.get("factor")},
        **{"reproduced": str(test.reproduced), "partly": str(test.partly)},
    }
    try:
        estimate = MEASURES[test.measure](evidence, case)
    except MissingError as error:
        return about | {"verdict": NOT_TESTABLE, "missing": str(error)}
    found = verdict(estimate, test.reproduced, test.partly, thresholds.standard_errors)
    missing = "an error small enough: more seeds or test examples" if found == NOT_TESTABLE else None
    return about | vars(estimate) | {"verdict": found, "missing": missing}
