"""Details of the likelihoods of one data set: a row per run."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import row_names
from stages.reports.poster_table import PUBLISHED_NETWORK, published
from stages.reports.table import NONE, Table, common_form, number, with_error
from vhp.names import dataset_name


def detail_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: details of its numbers, and the paper's value beside them."""
    dataset = runs[0].dataset
    values = published()
    reference = {run.name: values.get((run.method, run.dataset)) for run in runs}
    exact = any(run.likelihood["exact_nll"] is not None for run in runs)
    columns: dict[str, list[str]] = {"method": row_names(runs)}
    columns["NLL ± s.e."] = [with_error(run.likelihood["nll"], run.likelihood["nll_se"]) for run in runs]
    refined = any(run.likelihood.get("refined_nll") is not None for run in runs)
    if refined:
        columns["refined NLL"] = [_refined(run) for run in runs]
        columns["NLL − refined"] = [
            _difference(run.likelihood["nll"], run.likelihood.get("refined_nll")) for run in runs
        ]
    columns["ELBO"] = [number(run.likelihood["elbo"]) for run in runs]
    compared = any(value is not None for value in reference.values())
    if compared:
        columns[f"paper ({PUBLISHED_NETWORK})"] = [number(reference[run.name]) for run in runs]
        columns["difference"] = [_difference(run.likelihood["nll"], reference[run.name]) for run in runs]
    if exact:
        columns["above exact"] = [_difference(run.likelihood["nll"], run.likelihood["exact_nll"]) for run in runs]
    columns["ESS"] = [number(run.likelihood["ess"], ".1f") for run in runs]
    columns["ESS < 10"] = [f"{run.likelihood['n_low_ess'] / run.likelihood['n_test']:.1%}" for run in runs]
    if refined:
        columns["refined ESS < 10"] = [_share(run, "refined_n_low_ess") for run in runs]
        columns["unreliable"] = [_share(run, "n_unreliable") for run in runs]
        columns["refined unreliable"] = [_share(run, "refined_n_unreliable") for run in runs]
    beta = [(run.training["beta_final"], run.training["beta_best"]) for run in runs]
    form = common_form([value for both in beta for value in both], 3)
    columns["β (best)"] = [f"{number(final, form)} ({number(best, form)})" for final, best in beta]
    constraint, bound = [run.training["constraint_final"] for run in runs], [_bound(run) for run in runs]
    form = common_form([*constraint, *bound], 3)
    columns["C"] = [number(value, form) for value in constraint]
    columns["κ²"] = [number(value, form) for value in bound]
    columns["C < κ²"] = [_constraint_holds(run) for run in runs]
    columns["epochs (best)"] = [f"{run.training['epochs']} ({run.training['best_epoch']})" for run in runs]
    converged = any(run.training.get("gain_last_tenth") is not None for run in runs)
    if converged:
        columns["converged"] = [_converged(run.training) for run in runs]
    columns["minutes"] = [run.minutes for run in runs]
    definitions = [
        "ESS: mean effective number of importance samples, and the share of examples with fewer than 10: their "
        "estimates are too pessimistic, by an unknown amount. ELBO: with one joint sample per weight, so looser for "
        "hierarchical priors than the bound that they are trained on. β and C: at the end of training, in brackets β "
        "at the epoch whose weights are used (best validation bound at β = 1). Minutes: training + NLL."
    ]
    if converged:
        definitions.append(
            "Converged: whether the learning rate fell because the validation bound had stopped rising, rather than in "
            "time for the longest training allowed; – where nobody looked. In brackets what the best bound gained in "
            "the last tenth of the epochs, nats."
        )
    if refined:
        definitions.append(
            "Refined NLL: the same number of samples from a proposal sought for each image, where the encoder's is not "
            "good enough (± Monte Carlo error). Both are in expectation too pessimistic: of two that differ the lower "
            "is the closer one. Unreliable: the share of examples of whose weights fewer than 10 are effective, or "
            "have too heavy a tail for their mean to be trusted (Pareto k-hat)."
        )
    if compared:
        definitions.append(
            "Paper: its table, a direction and no target for networks of another class. Difference: NLL − paper, so "
            "a positive one is worse."
        )
    if exact:
        definitions.append(
            "Above exact: NLL − that of the process that generated the data, which no model can beat on average."
        )
    return Table(
        f"{dataset_name(dataset)}: details",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        definitions=tuple(definitions),
        file="results.csv",
    )


def _refined(run: RunArtifacts) -> str:
    return with_error(run.likelihood.get("refined_nll"), run.likelihood.get("refined_nll_mc_se"), ".3f")


def _share(run: RunArtifacts, key: str) -> str:
    """Of the test examples."""
    n = run.likelihood.get(key)
    return NONE if n is None else f"{n / run.likelihood['n_test']:.1%}"


def _difference(value: float, reference: float | None) -> str:
    return NONE if reference is None else f"{value - reference:+.2f}"


def _converged(training: Mapping[str, Any]) -> str:
    word = {True: "yes", False: "no"}.get(training.get("converged"), NONE)
    gain = training.get("gain_last_tenth")
    return word if gain is None else f"{word} ({gain:+.2f})"


def _bound(run: RunArtifacts) -> float | None:
    return None if run.kappa is None else run.kappa**2


def _constraint_holds(run: RunArtifacts) -> str:
    if run.kappa is None:
        return NONE
    return "yes" if run.training["constraint_final"] < run.kappa**2 else "no"
