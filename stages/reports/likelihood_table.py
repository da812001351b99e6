"""Details of the likelihoods of one data set: a row per run."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import row_names
from stages.reports.poster_table import PUBLISHED_NETWORK, published
from stages.reports.table import NONE, Table, common_form, number, with_error
from vhp.likelihood.thresholds import LOW_ESS
from vhp.names import dataset_name

# Of a column, where the table has it.
DEFINITIONS = {
    "ESS": "ESS: mean effective number of importance samples, and the share of examples with fewer than "
    f"{LOW_ESS:g}: their estimates are usually too pessimistic, by an unknown amount. ELBO: with one joint sample per "
    "weight, looser for hierarchical priors than the bound that they are trained on. β and C: at the end of training, "
    "in brackets β at the epoch whose weights are used (best validation bound at β = 1). Minutes: training + NLL.",
    "converged": "Converged: whether the learning rate fell because the validation bound had stopped rising, rather "
    "than in time for the longest training allowed; – where this rule was not applied. In brackets what the best bound "
    "gained in the last tenth of the epochs, nats.",
    "skipped steps": "Skipped steps: of the training, not taken, as a term of the loss or the gradient was not "
    "finite or beyond use.",
    "refined NLL": "Refined NLL: the same number of samples from a proposal sought for each image, where the encoder's "
    "is not good enough (± Monte Carlo error). Both are in expectation too pessimistic: of two that differ the lower "
    "is the closer one. Unreliable: the share of examples of whose weights fewer than "
    f"{LOW_ESS:g} are effective, or have too heavy a tail for their mean to be trusted (Pareto k-hat).",
    "difference": "Paper: its table, a direction and no target for networks of another class. Difference: NLL − paper, "
    "so a positive one is worse.",
    "above exact": "Above exact: NLL − that of the process that generated the data, which no model can beat on "
    "average.",
}
Columns = dict[str, list[str]]


def detail_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: details of its numbers, and the paper's value beside them."""
    columns = {"method": row_names(runs)} | _estimates(runs) | _samples(runs) | _training(runs)
    return Table(
        f"{dataset_name(runs[0].dataset)}: details",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        definitions=tuple(text for column, text in DEFINITIONS.items() if column in columns),
        file="results.csv",
    )


def _has_refined(runs: Sequence[RunArtifacts]) -> bool:
    return any(run.likelihood.get("refined_nll") is not None for run in runs)


def _estimates(runs: Sequence[RunArtifacts]) -> Columns:
    """Of -log p(x), and what it is compared with."""
    values = published()
    reference = [values.get((run.method, run.dataset)) for run in runs]
    columns = {"NLL ± s.e.": [with_error(run.likelihood["nll"], run.likelihood["nll_se"]) for run in runs]}
    if _has_refined(runs):
        columns["refined NLL"] = [_refined(run) for run in runs]
        columns["NLL − refined"] = [_above(run, run.likelihood.get("refined_nll")) for run in runs]
    columns["ELBO"] = [number(run.likelihood["elbo"]) for run in runs]
    if any(value is not None for value in reference):
        columns[f"paper ({PUBLISHED_NETWORK})"] = [number(value) for value in reference]
        columns["difference"] = [_above(run, value) for run, value in zip(runs, reference, strict=True)]
    if any(run.likelihood["exact_nll"] is not None for run in runs):
        columns["above exact"] = [_above(run, run.likelihood["exact_nll"]) for run in runs]
    return columns


def _samples(runs: Sequence[RunArtifacts]) -> Columns:
    """How far the importance samples can be trusted."""
    columns = {"ESS": [number(run.likelihood["ess"], ".1f") for run in runs]}
    columns[f"ESS < {LOW_ESS:g}"] = [_share(run, "n_low_ess") for run in runs]
    if _has_refined(runs):
        columns[f"refined ESS < {LOW_ESS:g}"] = [_share(run, "refined_n_low_ess") for run in runs]
        columns["unreliable"] = [_share(run, "n_unreliable") for run in runs]
        columns["refined unreliable"] = [_share(run, "refined_n_unreliable") for run in runs]
    return columns


def _training(runs: Sequence[RunArtifacts]) -> Columns:
    """How training ended, and what it cost."""
    beta = [(run.training["beta_final"], run.training["beta_best"]) for run in runs]
    form = common_form([value for both in beta for value in both], 3)
    columns = {"β (best)": [f"{number(final, form)} ({number(best, form)})" for final, best in beta]}
    constraint, bound = [run.training["constraint_final"] for run in runs], [_bound(run) for run in runs]
    form = common_form([*constraint, *bound], 3)
    columns["C"] = [number(value, form) for value in constraint]
    columns["κ²"] = [number(value, form) for value in bound]
    columns["C < κ²"] = [_constraint_holds(run) for run in runs]
    columns["epochs (best)"] = [f"{run.training['epochs']} ({run.training['best_epoch']})" for run in runs]
    if any(run.training.get("gain_last_tenth") is not None for run in runs):
        columns["converged"] = [_converged(run.training) for run in runs]
    if any(run.training.get("skipped_steps") for run in runs):
        columns["skipped steps"] = [number(run.training.get("skipped_steps"), "d") for run in runs]
    columns["minutes"] = [run.minutes for run in runs]
    return columns


def _refined(run: RunArtifacts) -> str:
    return with_error(run.likelihood.get("refined_nll"), run.likelihood.get("refined_nll_mc_se"), ".3f")


def _share(run: RunArtifacts, key: str) -> str:
    """Of the test examples."""
    n = run.likelihood.get(key)
    return NONE if n is None else f"{n / run.likelihood['n_test']:.1%}"


def _above(run: RunArtifacts, reference: float | None) -> str:
    """The NLL less a reference, nats."""
    return NONE if reference is None else f"{run.likelihood['nll'] - reference:+.2f}"


def _converged(training: Mapping[str, Any]) -> str:
    converged = training.get("converged")
    word = NONE if converged is None else "yes" if converged else "no"
    gain = training.get("gain_last_tenth")
    return word if gain is None else f"{word} ({gain:+.2f})"


def _bound(run: RunArtifacts) -> float | None:
    return None if run.kappa is None else run.kappa**2


def _constraint_holds(run: RunArtifacts) -> str:
    if run.kappa is None:
        return NONE
    return "yes" if run.training["constraint_final"] < run.kappa**2 else "no"
