"""The paired differences of a data set's methods, from the likelihood of each test example; a section keeps them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from stages.files import unreadable
from stages.reports.artifacts import RunArtifacts
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.contents import MAYBE, NUMBER, Array, Size, Types, check_arrays, check_values
from stages.runs.places import run_folder
from vhp.likelihood.nll_difference import PairedDifference, decided, error_of, nll_difference, of_seeds

FILE = "likelihood.npz"
VALUES: dict[str, Types] = {"first": str, "second": str, "mean": NUMBER, "se": MAYBE}
VALUES |= dict.fromkeys(("n_test", "first_seeds", "second_seeds"), int)
# A section of an earlier version has none of these.
LATER: dict[str, Types] = {"df": NUMBER, **dict.fromkeys(("refined_mean", "refined_se", "refined_df"), MAYBE)}
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
    df: float  # degrees of freedom of the error
    refined_mean: float | None = None  # of the refined estimates, where both methods have them
    refined_se: float | None = None
    refined_df: float | None = None

    @property
    def encoders(self) -> PairedDifference:
        return PairedDifference(self.mean, self.se, self.df)

    @property
    def refined(self) -> PairedDifference | None:
        if self.refined_mean is None or self.refined_df is None:
            return None
        return PairedDifference(self.refined_mean, self.refined_se, self.refined_df)

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
    """A difference of an earlier version, which has one error.

    What of it is over the test examples is taken for the refined estimates, too, which are of the same ones; what is
    over the seeds is in the runs.
    """
    found = Difference(**values, df=values["n_test"] - 1)
    nll = _of_each(runs, found, "nll")
    if found.se is None or nll is None:
        return found
    examples = max(0.0, found.se**2 - sum(part for part, _ in of_seeds(*nll))), values["n_test"] - 1
    found = replace(found, df=error_of([examples, *of_seeds(*nll)])[1])
    if (refined := _of_each(runs, found, "refined_nll")) is None:
        return found
    error, df = error_of([examples, *of_seeds(*refined)])
    return replace(found, refined_mean=_gap(*refined), refined_se=error, refined_df=df)


def _of_each(runs: Sequence[RunArtifacts], pair: Difference, value: str) -> tuple[np.ndarray, np.ndarray] | None:
    """(seeds,) of each of the two methods; None where one of the runs lacks the value."""
    first, second = ([r.likelihood.get(value) for r in runs if r.method == m] for m in (pair.first, pair.second))
    return None if None in (*first, *second) else (np.array(first), np.array(second))


def _gap(first: np.ndarray, second: np.ndarray) -> float:
    return float(first.mean() - second.mean())


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
        found.df,
        *((None, None, None) if refined is None else refined),
    )


def check(differences: Sequence[Difference], runs: Sequence[RunArtifacts]) -> None:
    """Raises ValueError for a difference that is not that of the runs' mean NLL, encoder's and refined."""
    for d in differences:
        for found, value, name in ((d.mean, "nll", "NLL"), (d.refined_mean, "refined_nll", "refined NLL")):
            both = _of_each(runs, d, value)
            expected = None if both is None else _gap(*both)
            if found is None or both is None or expected is None:
                agree = found is expected
            else:
                agree = math.isclose(found, expected, abs_tol=1e-6 * max(1, *map(abs, np.concatenate(both))))
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
