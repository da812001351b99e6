"""README.md: the table of results, what is said of it, the numbers to expect of each command."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from stages.check.quotations.sources import (
    EXAMPLES,
    LAPTOP,
    MNISTS,
    OF_THE_PAPER,
    PAPER_CPU,
    Sources,
    cells,
    plus_minus,
    span,
)
from stages.reports.poster_table import published
from vhp.names import METHODS, dataset_name, method_name

TABLE = EXAMPLES / "table.md"  # of the demo
NETWORKS = Path("docs/networks.csv")
COMPARED = (("patch-32-rate-25", 25), ("mlp-300", 20))  # the network of the budget workstation, and laptop's
COLUMNS = (*OF_THE_PAPER, "pendulum", "digits", "faces", "motion")


def quoted(sources: Sources) -> Iterator[str]:
    yield from results(sources)
    yield from sentences(sources)
    yield from ladder(sources)
    yield from demo()


def results(sources: Sources) -> Iterator[str]:
    yield cells("method", *map(dataset_name, COLUMNS))
    for method in METHODS:
        rows = [sources.row(LAPTOP / "table.csv", dataset=dataset, method=method) for dataset in COLUMNS]
        numbers = [(plus_minus(row, error="error"), row["best"]) for row in rows]
        yield cells(method_name(method), *(f"**{number}**" if best else number for number, best in numbers))


def sentences(sources: Sources) -> Iterator[str]:
    geco = [sources.lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    paper = [sources.published_lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    yield (
        "VHP + REWO is ahead of VHP + GECO on the four image data sets of the paper's table, by "
        f"{span(geco, '.1f')} nats where the paper, with convolutional networks, has {span(paper, '.0f')}."
    )
    vampprior = {dataset: sources.lead(dataset, "vampprior") for dataset in OF_THE_PAPER}
    mnists = span((vampprior[dataset] for dataset in MNISTS), ".1f")
    fashion = (f"{sources.nll('fashion_mnist', method):.2f}" for method in ("vhp_rewo", "vampprior"))
    yield (
        f"It is ahead of VampPrior on OMNIGLOT ({vampprior['omniglot']:.1f}) and the MNISTs ({mnists}), and level "
        f"with it on Fashion-MNIST ({' and '.join(fashion)})."
    )
    some = [sources.low(dataset, m) for dataset in (*MNISTS, "omniglot") for m in METHODS]
    yield (
        f"Nearly all estimates of faces, and {span(some, '.0f')} % of those of the MNISTs and OMNIGLOT, rest on fewer "
        "than ten effective samples"
    )


def ladder(sources: Sources) -> Iterator[str]:
    row = sources.row(LAPTOP / "results.csv", dataset="static_mnist", method="vhp_rewo")
    paper = published()["vhp_rewo", "static_mnist"]
    yield f"NLL {plus_minus(row)} nats, β = {row['beta_final']:.3g} (paper: {paper})"
    row = sources.row(PAPER_CPU / "results.csv", dataset="dynamic_mnist", method="vhp_rewo")
    paper = published()["vhp_rewo", "dynamic_mnist"]
    yield f"convolutional: NLL {plus_minus(row)} on {row['n_test']:,} images (paper: {paper})"
    seconds = sources.frame(LAPTOP / "results.csv")[["train_seconds", "eval_seconds"]].to_numpy().sum()
    yield f"| `make table` | {seconds / 3600:.1f} core hours"
    chosen, mlp = (sources.row(NETWORKS, network=network, minutes=minutes) for network, minutes in COMPARED)
    yield (
        f"a validation bound of {chosen['validation_bound']:.2f} in {chosen['processor_minutes']:.0f} minutes, the MLP "
        f"{mlp['validation_bound']:.2f} in {mlp['processor_minutes']:.0f}"
    )


def refined(lines: list[str]) -> str:
    """Of the demo's table: the refined estimates of the methods whose encoders miss most, on its first data set."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if line.startswith("| ")]
    first = first_where(("refined NLL" in row for row in rows), "column 'refined NLL'")
    column = rows[first].index("refined NLL")
    found = {row[0]: float(row[column].split(" ± ")[0]) for row in rows[first + 2 : first + 2 + len(METHODS)]}
    rewo, geco = (found[method_name(method)] for method in ("vhp_rewo", "vhp_geco"))
    return f"the report's refined estimate of REWO's and GECO's NLL on the pendulum is {rewo:.2f} and {geco:.2f}"


def first_where(found: Iterable[bool], what: str) -> int:
    """The first line of the demo's table in which it was found. Raises ValueError where it is in none."""
    for i, here in enumerate(found):
        if here:
            return i
    raise ValueError(f"{TABLE}: found no {what}, expected the demo's table; `git checkout {TABLE}` restores it")


def demo() -> Iterator[str]:
    """The rows of the demo's own table, without its column of networks, and what is said beside it."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    yield refined(lines)
    first = first_where((line.startswith("| method | network |") for line in lines), "columns 'method' and 'network'")
    for line in lines[first:]:
        if not line.startswith("| "):
            break
        name, _, *numbers = line.strip("| ").split(" | ")
        if name != "---":
            yield cells(name, *numbers)
