"""The paper's table: what each method reaches on each data set, and the paper's own numbers beside it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from stages.reports.artifacts import RunArtifacts
from stages.reports.differences.pairs import Difference, as_good_as
from stages.reports.frames import likelihoods
from stages.reports.table import NONE, Table, listed, number, with_error
from stages.runs.places import PUBLISHED
from vhp.likelihood.nll_difference import DECIDED
from vhp.names import METHODS, dataset_name, method_name, position

NETWORK_NAMES = {"mlp": "gated MLP", "conv": "convolutional", "patch": "convolutional on patches"}
PUBLISHED_NETWORK, PUBLISHED_SAMPLES = NETWORK_NAMES["conv"], 5000
Differences = Mapping[str, Sequence[Difference]]  # of each data set
EXACT = "generating process (exact)"  # a row that is no method
NONE_KNOWN: Differences = {}
SUMMARY = (
    *("dataset", "method", "network", "budget", "n_seeds", "nll", "error", "error_of", "best"),
    *("published", "difference"),
)


def published() -> dict[tuple[str, str], float]:
    """The paper's negative log-likelihoods in nats, by (method, data set)."""
    frame = pd.read_csv(PUBLISHED)
    return dict(zip(zip(frame["method"], frame["dataset"], strict=True), frame["nll"], strict=True))


def network(run: RunArtifacts) -> str:
    """The class of a run's networks. Rows of different classes are never merged."""
    name = run.config["model"].get("network", "mlp")
    return NETWORK_NAMES.get(name, name)


def summary(runs: Sequence[RunArtifacts], differences: Differences = NONE_KNOWN) -> pd.DataFrame:
    """Columns SUMMARY, a row per data set, method and network class, in the order of the runs. nll: nats.

    best: the lowest of its data set, and those of which it is not known to be better.

    error is that of error_of: the standard error of the mean over test examples where there is one seed, else the
    standard deviation over the seeds; nll then is the mean over them. difference: nll - published.
    """
    values, rows = published(), []
    results = likelihoods(runs).assign(network=[network(run) for run in runs])
    for (dataset, method, name), group in results.groupby(["dataset", "method", "network"], sort=False):
        one, nll, reference = len(group) == 1, group["nll"].mean(), values.get((method, dataset))
        row = {"dataset": dataset, "method": method, "network": name, "n_seeds": len(group), "nll": nll}
        row |= {"error": group["nll_se"].iloc[0] if one else group["nll"].std()}
        row |= {"error_of": "test examples" if one else "seeds", "published": reference}
        rows.append(row | {"difference": None if reference is None else nll - reference})
    frame = pd.DataFrame(rows, columns=list(SUMMARY)).astype({"published": float, "difference": float})
    best = frame.groupby("dataset")["nll"].transform("min") == frame["nll"]
    for lowest in frame[best].itertuples():
        ties = as_good_as(lowest.method, differences.get(lowest.dataset, ()))
        best |= (frame["dataset"] == lowest.dataset) & frame["method"].isin(ties)
    return frame.assign(budget=runs[0].config["run"]["budget"], best=best.astype(int))


def likelihood_table(runs: Sequence[RunArtifacts], differences: Differences = NONE_KNOWN) -> Table:
    """Methods as rows, data sets as columns: NLL ± error, the best of each column in bold."""
    results = summary(runs, differences)
    columns = list(results["dataset"].unique())  # already in the paper's order
    kinds = sorted(
        results[["method", "network"]].drop_duplicates().itertuples(index=False, name=None),
        key=lambda kind: position(kind[0], METHODS),
    )
    cells, bold = [[method_name(method), name] + [NONE] * len(columns) for method, name in kinds], set()
    for row in results.itertuples():
        i, j = kinds.index((row.method, row.network)), 2 + columns.index(row.dataset)
        cells[i][j] = _value(row)
        if row.best:
            bold.add((i, j))
    exact = {run.dataset: run.likelihood["exact_nll"] for run in runs if run.likelihood["exact_nll"] is not None}
    if exact:
        cells.append([EXACT, NONE, *(number(exact.get(dataset)) for dataset in columns)])
    return Table(
        title="Negative test log-likelihood (nats)",
        columns=("method", "network", *map(dataset_name, columns)),
        rows=tuple(map(tuple, cells)),
        bold=frozenset(bold),
        notes=tuple(_notes(runs, results, differences)),
        n_text=2,
        file="table.csv",
    )


def published_table(runs: Sequence[RunArtifacts]) -> Table | None:
    """The paper's numbers beside ours, the lowest of each data set in bold; None if the paper has none."""
    results = summary(runs).dropna(subset="published").reset_index(drop=True)
    if results.empty:
        return None
    # Among these rows: a method that the paper does not have may be better than all of them.
    ours, poster = (results.groupby("dataset")[c].transform("min") == results[c] for c in ("nll", "published"))
    rows = [
        (
            dataset_name(row.dataset),
            method_name(row.method),
            row.network,
            _value(row),
            number(row.published),
            number(row.difference, "+.2f"),
        )
        for row in results.itertuples()
    ]
    return Table(
        title="Beside the paper (nats)",
        columns=("data set", "method", "network", "NLL", f"paper ({PUBLISHED_NETWORK})", "difference"),
        rows=tuple(rows),
        bold=frozenset((i, 3) for i in results.index[ours]) | frozenset((i, 4) for i in results.index[poster]),
        notes=(
            f"Paper: its table, estimated with {PUBLISHED_SAMPLES:,} importance samples. Difference: NLL − paper, so "
            "a positive one is worse. Where the class of the networks differs, the paper's number is a "
            "direction, not a target. Bold: the lowest of each data set among these rows, ours and the paper's.",
        ),
        n_text=3,
        file="table.csv",
        starts=frozenset(results.index[results["dataset"] != results["dataset"].shift()][1:]),
    )


def _value(row) -> str:
    seeds = f" ({row.n_seeds})" if row.n_seeds > 1 else ""
    return f"{with_error(row.nll, row.error)}{seeds}"


def _notes(runs: Sequence[RunArtifacts], results: pd.DataFrame, differences: Differences) -> list[str]:
    error = []
    if (results["n_seeds"] == 1).any():
        error.append("standard error over the test examples (one seed)")
    if (results["n_seeds"] > 1).any():
        error.append("standard deviation over the seeds, beside the mean over them (in brackets: how many)")
    unpaired = [dataset_name(d) for d in results["dataset"].unique() if not differences.get(d)]
    alone = f" (of {', '.join(unpaired)}, whose paired differences are not known, the lowest alone)" if unpaired else ""
    notes = [
        f"Budget {runs[0].config['run']['budget']}. Lower is better; in bold, on each data set, the lowest of the "
        f"methods and every one whose paired difference from it is undecided, by the encoder's or by the refined "
        f"estimate: within {DECIDED:g} standard errors, of few seeds as many more as Student's distribution asks for"
        f"{alone}. ±: {', or '.join(error)}."
    ]
    if (results["n_seeds"] == 1).any():
        notes.append(
            "All methods are measured on the same test examples: as far as their choice goes, their differences "
            "are more certain than the standard errors. But another seed of the training would change each value too, "
            "and of one seed this cannot be told."
        )
    for dataset in results["dataset"].unique():
        chosen = [run for run in runs if run.dataset == dataset]
        text = (
            f"{dataset_name(dataset)}: {listed(*map(_network_and_size, chosen))}, "
            f"{listed(*(run.config['model']['d_z'] for run in chosen))} latent dimensions; "
            f"{listed(*(run.likelihood['n_test'] for run in chosen))} test examples, "
            f"{listed(*(run.likelihood['n_samples'] for run in chosen))} importance samples."
        )
        if chosen[0].observation == "gaussian":
            text += " Its values are real, so the likelihood is a density and its NLL can be negative."
        if chosen[0].note:
            text += f" {chosen[0].note}"
        notes.append(text)
    return notes


def _network_and_size(run: RunArtifacts) -> str:
    model = run.config["model"]
    widths = " + ".join(map(str, model["hidden"]))
    if network(run) == NETWORK_NAMES["conv"]:
        return f"gated convolutions with {widths} channels"
    if network(run) == NETWORK_NAMES["patch"]:
        channels, size = model["patch"]["channels"], model["patch"]["size"]
        return f"gated convolutions with {channels} channels, on patches of {size} x {size} pixels"
    return f"{network(run)}, hidden layers of {widths} units"
