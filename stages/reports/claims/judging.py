"""From a value, its error and thresholds to a verdict, and from the verdicts of its cases to that of a claim."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from scipy import stats

from stages.reports.claims.thresholds import Range

REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_TESTABLE = VERDICTS = (
    *("reproduced", "partly", "not reproduced", "not testable here"),
)


class MissingError(ValueError):
    """The artifacts lack what a measure needs; the message says what."""


@dataclass(frozen=True)
class Estimate:
    """The value of a measure, in its unit."""

    value: float
    error: float | None  # standard error of the value, None where one training cannot tell it
    error_of: (
        str  # "seeds", "test examples" or, of a difference, "same test examples": what else might have been chosen
    )
    n_seeds: int
    source: str  # where the runs are from: "table", or a supplement's or a study's name

    def margin(self, standard_errors: float) -> float:
        """How far from the value the truth may lie, with the certainty that so many normal standard errors give.

        An error from n seeds is itself uncertain: it takes more of them, by Student's distribution with n - 1 degrees
        of freedom (4.5 for 2, with three seeds). An error that is not known counts as none.
        """
        if self.error is None or self.error_of != "seeds":
            return standard_errors * (self.error or 0.0)
        return self.error * float(stats.t.ppf(stats.norm.cdf(standard_errors), self.n_seeds - 1))


def verdict(estimate: Estimate, reproduced: Range, partly: Range, standard_errors: float) -> str:
    """One of VERDICTS.

    The interval is the value ± its margin. Within `reproduced`: reproduced. Within `partly`:
    partly. Where it reaches from the first to beyond the second, the error is too large for any verdict. All else is
    not reproduced. Raises ValueError for a value that is no number.
    """
    if not math.isfinite(estimate.value):
        raise ValueError(f"found the value {estimate.value}, expected a finite number")
    margin = estimate.margin(standard_errors)
    low, high = estimate.value - margin, estimate.value + margin
    for name, threshold in ((REPRODUCED, reproduced), (PARTLY, partly)):
        if threshold.low <= low and high <= threshold.high:
            return name
    return NOT_TESTABLE if low <= reproduced.high and high >= reproduced.low else NOT_REPRODUCED


def overall(verdicts: Collection[str]) -> str:
    """Of a claim: reproduced if all its cases are, not reproduced if none is, even in part, of those tested."""
    tested = set(verdicts) - {NOT_TESTABLE}
    if not tested:
        return NOT_TESTABLE
    if set(verdicts) == {REPRODUCED}:
        return REPRODUCED
    return NOT_REPRODUCED if tested == {NOT_REPRODUCED} else PARTLY
