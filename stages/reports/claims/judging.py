"""From a value, its error and thresholds to a verdict, and from the verdicts of its cases to that of a claim."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from stages.reports.claims.thresholds import Range
from vhp.likelihood import nll_difference

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
    # What else might have been chosen: "seeds", "test examples" or, of a difference, "same test examples", or both.
    error_of: str
    n_seeds: int
    source: str  # where the runs are from: "table", or a supplement's or a study's name
    df: float = math.inf  # degrees of freedom of the error

    def margin(self, standard_errors: float) -> float:
        """How far from the value the truth may lie. An error that is not known counts as none."""
        return nll_difference.margin(self.error, self.df, standard_errors) if self.error else 0.0


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
