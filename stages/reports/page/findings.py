"""What was found, in five sentences at most: the verdicts on the paper's claims, or what the numbers alone say."""

from collections.abc import Iterable, Sequence

from stages.reports.artifacts import RunArtifacts
from stages.reports.poster_table import PUBLISHED_NETWORK, Differences, summary
from stages.reports.table import Table, number
from vhp.likelihood.paired import DECIDED
from vhp.names import dataset_name, method_name

OURS, RIVAL = "vhp_rewo", "vhp_geco"  # the paper's method, and the one whose schedule it replaces
AT_ONE = 0.01  # how far from 1 beta may be and count as 1
VERDICT, CLAIM, CASES = "verdict", "what is tested", "cases"  # columns of the table of claims


def of_claims(claims: Table) -> list[str]:
    """A sentence per verdict, with the claims that have it, in the order of the table.

    A claim whose cases differ has how many of them have which verdict.
    """
    verdict, claim, cases = (claims.columns.index(name) for name in (VERDICT, CLAIM, CASES))
    groups: dict[str, list[str]] = {}
    for row in claims.rows:
        counts = f" ({row[cases]})" if "," in row[cases] else ""
        groups.setdefault(row[verdict], []).append(row[claim].rstrip(".") + counts)
    return [f"{name.capitalize()}: {'; '.join(said)}." for name, said in groups.items()]


def of_numbers(runs: Sequence[RunArtifacts], differences: Differences) -> list[str]:
    """Who is best where, REWO against GECO, where beta ends, the distance from the paper, and what is not known."""
    results = summary(runs, differences)
    sentences = [_best(results, any(differences.values())), _rivals(differences), _ends(runs)]
    if published := results["difference"].dropna().tolist():
        sentences.append(
            f"The NLL differs from the paper's, whose networks are {PUBLISHED_NETWORK}, by "
            f"{_signed(min(published))} to {_signed(max(published))} nats; more is worse."
        )
    single = results[results["n_seeds"] == 1]["dataset"].unique()
    if len(single):
        every = len(single) == results["dataset"].nunique()
        where = "" if every else f" on {_names(single)}"
        sentences.append(f"Each method was trained with one seed{where}: what another would change is not known.")
    return [sentence for sentence in sentences if sentence]


def _best(results, paired: bool) -> str:
    best = results[results["best"] == 1]
    where = {method: group["dataset"].tolist() for method, group in best.groupby("method", sort=False)}
    said = [f"{method_name(m)} on {_names(d)}" for m, d in sorted(where.items(), key=lambda item: -len(item[1]))]
    return f"Lowest NLL{', or not known to be higher' if paired else ''}: {'; '.join(said)}."


def _rivals(differences: Differences) -> str | None:
    """REWO against GECO, where the difference of the pair is known."""
    pairs = [d for found in differences.values() for d in found if {d.first, d.second} == {OURS, RIVAL}]
    if not pairs:
        return None
    better, worse = ([d for d in pairs if d.decided and (d.mean < 0) == (d.first == side)] for side in (OURS, RIVAL))
    return (
        f"On the same test examples {method_name(OURS)} is better than {method_name(RIVAL)} by more than {DECIDED:g} "
        f"standard errors on {len(better)} of {len(pairs)} data sets, and worse on {len(worse)}."
    )


def _ends(runs: Sequence[RunArtifacts]) -> str | None:
    said = []
    for method in (OURS, RIVAL):
        beta = [run.training["beta_final"] for run in runs if run.method == method]
        if beta:
            n = sum(abs(value - 1) <= AT_ONE for value in beta)
            said.append(f"{method_name(method)} in {n} of {len(beta)} runs")
    return f"Training ends at β = 1 (within {AT_ONE:.0%}) with {', with '.join(said)}." if said else None


def _signed(value: float) -> str:
    return number(value, "+.2f").replace("-", "−")


def _names(datasets: Iterable[str]) -> str:
    *others, last = map(dataset_name, datasets)
    return f"{', '.join(others)} and {last}" if others else last
