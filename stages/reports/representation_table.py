"""Prior and posterior of one data set: a row per run."""

from collections.abc import Sequence

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import row_names
from stages.reports.table import Table, listed, number
from vhp.names import dataset_name


def representation_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: how far prior and aggregated posterior differ, and how the angle is ordered."""
    values = [run.representation for run in runs]
    columns = {
        "method": row_names(runs),
        "MMD²": [number(r["mmd2"], ".4f") for r in values],
        "MMD² level": [number(r["mmd2_level"], ".3f") for r in values],
        "classifier": [number(r["classifier_accuracy"], ".1%") for r in values],
    }
    if any(r["winding_number"] is not None for r in values):
        columns["winding number"] = [number(r["winding_number"], "d") for r in values]
        columns["rank correlation"] = [number(r["rank_correlation"]) for r in values]
    counts = {key: listed(*(r[key] for r in values)) for key in ("n_points", "n_permutations", "n_neighbours")}
    notes = (
        f"{counts['n_points']} test examples; {counts['n_permutations']} random exchanges; {counts['n_neighbours']} "
        "nearest neighbours.",
    )
    definitions = [
        "Prior and posterior: the aggregated posterior (a sample of q(z|x) for each test example) against as many "
        "samples of the prior. MMD²: unbiased squared maximum mean discrepancy, Gaussian kernel with the median "
        "distance as bandwidth, 0 for equal distributions; its level: the share of random exchanges between the "
        "samples that give as much. Classifier: held-out accuracy of nearest neighbours in telling them apart; 50 % "
        "if they are alike.",
    ]
    if "winding number" in columns:
        definitions.append(
            "Winding number: how often the posterior means, in the order of the true angle, run round their centre "
            "(the point farthest inside); ±1 for a circle. Rank correlation: circular, of the latent angle round that "
            "centre with the true angle; ±1 where the order is the same, less where the ring is folded."
        )
    title = f"{dataset_name(runs[0].dataset)}: prior and posterior"
    return Table(
        title,
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        notes=notes,
        definitions=tuple(definitions),
        file="representation.csv",
    )
