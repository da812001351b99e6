"""networks.md and networks-<data set>.png, from the rows of networks.csv in the same folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stages.files import replacing, write_text
from stages.inspect.front.pareto import front
from stages.inspect.front.table import Network
from stages.reports.table import NONE, Table, listed, markdown, number, with_error
from vhp.figures.likelihood.network_front import network_front
from vhp.figures.style import save
from vhp.names import dataset_name

MADE = "<!-- below: made by python -m stages.inspect.front from networks.csv; what is above is kept -->"
HEAD = """# Networks worth their minutes

VHP + REWO trained with each network for a given processor time, which the learning rate's schedule fills, and
measured on validation images: a network is chosen by these numbers, so the test set is not in them. Which networks:
[networks.yaml](../stages/inspect/front/networks.yaml).

    python -m stages.inspect.front --minutes 5 20 60     # all without a row in networks.csv; resumes
    python -m stages.inspect.front patch mlp-300 --dataset omniglot --minutes 5
"""
COLUMNS = (
    *("network", "what is different", "parameters, M", "ms / step", "GFLOP / step", "epochs", "validation bound"),
    *("NLL", "s / image", "GFLOP / image"),
)
NOTES = (
    "Bold validation bound: no other network reached a higher one in the same time or less. Bold s / image: no row "
    "has a lower NLL and a cheaper likelihood. The bound is that of all validation images; the error of the NLL is of "
    "the choice of its images, which all networks share.",
    "ms / step, s / image: processor time of a training step, and of the likelihood of an image. GFLOP: of products "
    "and convolutions alone.",
)


def with_fronts(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one data set, and as training_front and likelihood_front whether none is better in both."""
    return rows.assign(
        training_front=front(rows["minutes"], -rows["validation_bound"]),
        likelihood_front=front(rows["seconds_per_image"], rows["nll"]),
    )


def table(rows: pd.DataFrame, minutes: float, networks: Mapping[str, Network]) -> Table:
    """The rows of one data set and time, the highest validation bound first."""
    chosen = rows[rows["minutes"] == minutes].sort_values("validation_bound", ascending=False)
    bold = set()
    cells = []
    for i, row in enumerate(chosen.itertuples()):
        bold |= {(i, COLUMNS.index("validation bound"))} if row.training_front else set()
        bold |= {(i, COLUMNS.index("s / image"))} if row.likelihood_front else set()
        cells.append(_cells(row, networks))
    images, samples = (listed(*map(int, chosen[name])) for name in ("n_images", "n_samples"))
    note = f"NLL of {images} validation images, {samples} samples; {listed(*chosen['device'])}."
    title = f"{dataset_name(chosen['dataset'].iloc[0])}, {minutes:g} minutes"
    notes = (*NOTES, note) if minutes == rows["minutes"].max() else (note,)
    return Table(title, COLUMNS, tuple(cells), frozenset(bold), notes=notes, n_text=2)


def _cells(row: Any, networks: Mapping[str, Network]) -> tuple[str, ...]:
    known = networks.get(row.network)
    return (
        row.network,
        known.about if known and known.digest == row.settings else NONE,
        number(row.parameters / 1e6),
        number(row.ms_per_step, ".1f"),
        number(row.gflop_per_step, ".1f"),
        str(row.epochs),
        number(row.validation_bound),
        with_error(row.nll, row.nll_se),
        number(row.seconds_per_image, ".3f"),
        number(row.gflop_per_image, ".0f"),
    )


def write(rows: pd.DataFrame, networks: Mapping[str, Mapping[str, Network]], page: Path) -> None:
    """The page and a figure per data set. networks: by data set and name; of those that have rows."""
    parts, tables = [], []
    for dataset, group in rows.groupby("dataset", sort=False):
        group, picture = with_fronts(group), page.with_name(f"{page.stem}-{dataset}.png")
        with replacing(picture) as temporary:
            save(network_front(group, f"{dataset_name(dataset)}, VHP + REWO"), temporary)
        alternative = f"Nats against processor time, {dataset_name(dataset)}"
        parts.append(f"![{alternative}]({picture.name})\n")
        tables += [table(group, minutes, networks[dataset]) for minutes in sorted(group["minutes"].unique())]
    head = page.read_text(encoding="utf-8").partition(MADE)[0] if page.exists() else HEAD + "\n"
    # The first table's title is of the level of a document's; here the document has one above.
    made = markdown(tables).replace("# ", "## ", 1)
    source = "No network has been measured yet.\n" if rows.empty else "Numbers in full: [networks.csv](networks.csv).\n"
    write_text(page, "\n".join([head + MADE, "", source, *parts, made]))
