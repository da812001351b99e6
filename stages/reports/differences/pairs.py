"""The paired differences of a data set's methods, from the likelihood of each test example; a section keeps them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from stages.files import unreadable
from stages.reports.artifacts import RunArtifacts
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.contents import MAYBE, NUMBER, Array, Size, Types, check_arrays, check_values
from stages.runs.places import run_folder
from vhp.likelihood.nll_difference import PairedDifference, decided, nll_difference

FILE = "likelihood.npz"
VALUES: dict[str, Types] = {"first": str, "second": str, "mean": NUMBER, "se": MAYBE}
VALUES |= dict.fromkeys(("n_test", "first_seeds", "second_seeds"), int)
# A section of an earlier version has none of these.
LATER: dict[str, Types] = {"df": NUMBER, "refined_mean": MAYBE, "refined_se": MAYBE}
ENCODERS, REFINED = "log_likelihood", "refined_log_likelihood"  # in FILE


@dataclass(frozen=True)
class Difference:
    """NLL of the first method minus that of the second, on the same test examples."""

    first: str
    second: str
    mean: float  # nats; below 0 the first is better
    se: float | None
    n_test: int
    first_seeds: int  # how many trainings the method's NLL is the mean of
    second_seeds: int
    df: float  # degrees of freedom of both errors
    refined_mean: float | None = None  # of the refined estimates, where both methods have them
    refined_se: float | None = None

    @property
    def encoders(self) -> PairedDifference:
        return PairedDifference(self.mean, self.se, self.df)

    @property
    def refined(self) -> PairedDifference | None:
        return None if self.refined_mean is None else PairedDifference(self.refined_mean, self.refined_se, self.df)

    @property
    def decided(self) -> bool:
        """By both estimates alike: where the encoder misses, its own error does not say by how much."""
        if self.refined is None:
            return decided(self.encoders)
        return decided(self.encoders) and decided(self.refined) and (self.mean < 0) == (self.refined.mean < 0)

    def json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(where: str, content: Mapping[str, Any], runs: Sequence[RunArtifacts]) -> Difference:
    """Of a section of these runs. Raises ValueError, which begins with `where`, for another content."""
    if "df" in content:
        types = VALUES | LATER
        values = check_values(where, content, types)
        return Difference(**{key: values[key] for key in types})
    values = check_values(where, content, VALUES)
    return _completed({key: values[key] for key in VALUES}, runs)


def _completed(values: Mapping[str, Any], runs: Sequence[RunArtifacts]) -> Difference:
    """A difference of an earlier version: it has one error, and the refined means are those of the runs.

    Its degrees of freedom are no fewer than what is taken here. The refined error was not kept: it is taken to be that
    of the encoder's estimates, which are of the same examples.
    """
    several = [n - 1 for n in (values["first_seeds"], values["second_seeds"]) if n > 1]
    df = min([values["n_test"] - 1, *several])
    refined = _gap(runs, values["first"], values["second"], "refined_nll")
    return Difference(**values, df=df, refined_mean=refined, refined_se=None if refined is None else values["se"])


def _gap(runs: Sequence[RunArtifacts], first: str, second: str, value: str) -> float | None:
    """Of the two methods' means over their runs; None where one of these lacks the value."""
    both = [[run for run in runs if run.method == method] for method in (first, second)]
    if any(run.likelihood.get(value) is None for found in both for run in found):
        return None
    a, b = (float(np.mean([run.likelihood[value] for run in found])) for found in both)
    return a - b


def measure(runs: Sequence[RunArtifacts]) -> list[Difference]:
    """Of every two methods of the runs, which are those of one data set, in their order.

    Raises ValueError for a file that is damaged, or of other test examples than the first run's.
    """
    nll: dict[str, dict[str, list[np.ndarray]]] = {ENCODERS: {}, REFINED: {}}
    index = np.zeros(0, int)
    for run in runs:
        arrays = read_arrays(run.config, run.name, FILE, n_test=run.n_test)
        index = index if nll[ENCODERS] else arrays["index"]
        if not np.array_equal(arrays["index"], index):
            found = f"found other test examples than those of {runs[0].name}, expected the same"
            raise unreadable(run_folder(run.name) / FILE, found)
        if REFINED in arrays:
            path = run_folder(run.name) / FILE
            check_arrays(path, arrays, {REFINED: Array("f", ("evaluated",))}, {"evaluated": Size(len(index), path)})
        for estimate in (name for name in (ENCODERS, REFINED) if name in arrays):
            nll[estimate].setdefault(run.method, []).append(-arrays[estimate].astype(float))
    return [_measured(nll, a, b) for a, b in combinations(nll[ENCODERS], 2)]


def _measured(nll: Mapping[str, Mapping[str, Sequence[np.ndarray]]], first: str, second: str) -> Difference:
    a, b = (np.stack(nll[ENCODERS][method]) for method in (first, second))
    found, refined = nll_difference(a, b), None
    if all(len(nll[REFINED].get(method, ())) == len(nll[ENCODERS][method]) for method in (first, second)):
        refined = nll_difference(*(np.stack(nll[REFINED][method]) for method in (first, second)))
    return Difference(
        first,
        second,
        found.mean,
        found.se,
        a.shape[1],
        len(a),
        len(b),
        df=found.df if refined is None else min(found.df, refined.df),
        refined_mean=None if refined is None else refined.mean,
        refined_se=None if refined is None else refined.se,
    )


def check(differences: Sequence[Difference], runs: Sequence[RunArtifacts]) -> None:
    """Raises ValueError for a difference that is not that of the runs' mean NLL, encoder's and refined."""
    for d in differences:
        for found, value, name in ((d.mean, "nll", "NLL"), (d.refined_mean, "refined_nll", "refined NLL")):
            expected = _gap(runs, d.first, d.second, value)
            if found is None or expected is None:
                agree = found is expected
            else:
                largest = max(abs(run.likelihood[value]) for run in runs if run.method in (d.first, d.second))
                agree = math.isclose(found, expected, abs_tol=1e-6 * max(1, largest))
            if not agree:
                wrong = f"found a difference of {found} nats, expected {expected}, that of their {name}"
                raise ValueError(f"{d.first} - {d.second}: {wrong}")


def as_good_as(best: str, differences: Sequence[Difference]) -> set[str]:
    """The method itself and those from which its difference is not decided."""
    ties = {best}
    for d in differences:
        if best in (d.first, d.second) and not d.decided:
            ties |= {d.first, d.second}
    return ties
