"""docs/paper_plan.md: the one cell of the paper's table that was trained with convolutions."""

from collections.abc import Iterator

from stages.check.quotations.sources import LAPTOP, PAPER_CPU, Sources, cells, plus_minus
from stages.reports.poster_table import published


def quoted(sources: Sources) -> Iterator[str]:
    for name, folder in (("convolutions, `paper_cpu`", PAPER_CPU), ("gated MLP, `laptop`", LAPTOP)):
        row = sources.row(folder / "results.csv", dataset="dynamic_mnist", method="vhp_rewo")
        yield cells(name, plus_minus(row), f"{row['n_test']:,}", f"{row['train_seconds'] / 60:.0f}")
    yield f"| paper | {published()['vhp_rewo', 'dynamic_mnist']} |"
