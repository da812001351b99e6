"""docs/results.md: what it says of likelihoods, of the pendulum experiment and of the interpolations."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from stages.check.quotations import motion_seeds, pendulum_seeds
from stages.check.quotations.sources import (
    LAPTOP,
    MNISTS,
    OF_THE_PAPER,
    PAPER_CPU,
    PENDULUM,
    SEEDS,
    STUDY,
    Sources,
    cells,
    plus_minus,
    span,
)
from stages.reports.poster_table import published
from vhp.names import METHODS, method_name

INTERPOLATION = LAPTOP / "interpolation.csv"
OF_THE_EXPERIMENT = ("vhp_rewo", "vhp_geco", "iwae_l1")


def quoted(sources: Sources) -> Iterator[str]:
    yield from likelihoods(sources)
    yield from refined(sources)
    yield from order(sources)
    yield from experiment(sources)
    yield from pendulum_seeds.quoted(sources)
    yield from pendulum_graphs(sources)
    yield from motion_seeds.quoted(sources)
    yield from faces(sources)


def refined(sources: Sources) -> Iterator[str]:
    """The refined NLLs on the paper's image data sets, and what each column of its table rests on."""
    found = {dataset: sources.rows(LAPTOP / "results.csv", dataset=dataset) for dataset in OF_THE_PAPER}
    for method in METHODS:
        values = (rows.set_index("method")["refined_nll"][method] for rows in found.values())
        yield cells(method_name(method), *(f"{value:.2f}" for value in values))
    yield cells("epochs", *(span(rows["epochs"], ".0f") for rows in found.values()))
    yield cells("not converged", *map(_not_converged, found.values()))
    yield cells("gained in the last tenth, nats", *(span(rows["gain_last_tenth"], ".1f") for rows in found.values()))
    lower = (rows["nll"] - rows["refined_nll"] for rows in found.values())
    yield cells("refined NLL lower by, nats", *(span(values, ".1f") for values in lower))
    low = ([sources.low(dataset, method) for method in METHODS] for dataset in found)
    yield cells("fewer than ten effective samples, %: encoder", *(span(values, ".0f") for values in low))
    for title, column in (("refined", "refined_n_low_ess"), ("unreliable, %: refined", "refined_n_unreliable")):
        shares = (100 * rows[column] / rows["n_test"] for rows in found.values())
        yield cells(title, *(span(values, ".1f") for values in shares))


def _not_converged(rows: pd.DataFrame) -> str:
    names = [method_name(method) for method in rows.loc[rows["converged"].eq(False), "method"]]
    return "all" if len(names) == len(rows) else ", ".join(names) or "none"


def likelihoods(sources: Sources) -> Iterator[str]:
    geco = [sources.lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    paper = [sources.published_lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    yield f"as in the paper, but by {span(geco, '.1f')} nats where the paper has {span(paper, '.0f')}."
    yield f"On the pendulum it is ahead by {sources.lead('pendulum', 'vhp_geco'):.1f} with kappa = 0.08"
    lead = {dataset: sources.lead(dataset, "vampprior") for dataset in OF_THE_PAPER}
    mnists = span((lead[dataset] for dataset in MNISTS), ".1f")
    yield (
        f"Against VampPrior it is {lead['omniglot']:.1f} nats ahead on OMNIGLOT and {mnists} on the two MNISTs; on "
        f"Fashion-MNIST it is {-lead['fashion_mnist']:.2f} behind"
    )
    seeds = sources.frame(SEEDS / "results.csv").groupby(["dataset", "method"])["nll"]
    changed = max((nll - nll.iloc[0]).abs().max() for _, nll in seeds)
    yield (f"These changed an NLL by {changed:.1f} at most on static MNIST, OMNIGLOT and Fashion-MNIST.")
    cell = {"dataset": "dynamic_mnist", "method": "vhp_rewo"}
    conv, mlp = (sources.row(folder / "results.csv", **cell) for folder in (PAPER_CPU, LAPTOP))
    yield (
        f"dynamic MNIST, VHP + REWO, {plus_minus(conv)} nats on {conv['n_test']:,} images (MLP: {plus_minus(mlp)}; "
        f"paper: {published()['vhp_rewo', 'dynamic_mnist']})"
    )


def order(sources: Sources) -> Iterator[str]:
    """How far the order of the methods can be trusted."""
    low = {d: span((sources.low(d, m) for m in METHODS), ".0f") for d in ("omniglot", "fashion_mnist", "motion")}
    mnists = span((sources.low(dataset, m) for dataset in MNISTS for m in METHODS), ".0f")
    yield (
        f"There are fewer than ten for {mnists} % of the MNISTs' test images, {low['omniglot']} % of "
        f"OMNIGLOT's, {low['motion']} % of the frames of human motion, {low['fashion_mnist']} % of Fashion-MNIST's "
        "images"
    )
    faces, motion = (sources.lead(dataset, "vhp_geco") for dataset in ("faces", "motion"))
    faces_elbo, motion_elbo = (sources.lead(dataset, "vhp_geco", "elbo") for dataset in ("faces", "motion"))
    yield f"| faces | GECO {-faces:.1f} nats ahead of REWO | REWO {faces_elbo:.1f} ahead of GECO |"
    yield f"| human motion | REWO {motion:.1f} ahead of GECO | GECO {-motion_elbo:.1f} ahead of REWO |"
    nll, elbo = ([sources.lead(d, "vampprior", c) for d in ("dynamic_mnist", "static_mnist")] for c in ("nll", "elbo"))
    yield (
        f"| dynamic and static MNIST | REWO {nll[0]:.1f} and {nll[1]:.1f} ahead of VampPrior | VampPrior "
        f"{-elbo[0]:.1f} and {-elbo[1]:.1f} ahead of REWO |"
    )


def experiment(sources: Sources) -> Iterator[str]:
    """The pendulum experiment, over five seeds."""
    pair = ("vhp_rewo", "vhp_geco")
    runs = {method: sources.rows(PENDULUM / "results.csv", method=method) for method in pair}
    latent = {method: sources.rows(PENDULUM / "representation.csv", method=method) for method in pair}
    shares = [span(100 * latent[method]["classifier_accuracy"], ".0f") for method in pair]
    yield f"(chance: 50 %) | in {shares[0]} % of held-out cases | in {shares[1]} % |"
    yield cells("final beta", *(span(runs[method]["beta_final"], ".0f") for method in pair))
    exact = sources.run("pendulum", "vhp_rewo")["likelihood"]["exact_nll"]
    both = [f"{runs[method]['nll'].mean():.2f} ± {runs[method]['nll'].std():.2f}" for method in pair]
    yield cells(f"NLL (exact: {exact:.2f})", *both)
    correlations = span(latent["vhp_rewo"]["rank_correlation"].abs(), ".2f")
    yield f"(absolute circular rank correlation {correlations} with REWO)"
    best = {m: sources.rows(STUDY / "results.csv", method=m).groupby("value")["nll"].mean().min() for m in pair}
    yield f"behind on the pendulum even then ({best['vhp_geco']:.1f} against {best['vhp_rewo']:.1f};"


def pendulum_graphs(sources: Sources) -> Iterator[str]:
    for trim, file in (("0", PENDULUM / "interpolation.csv"), ("0.1", PENDULUM / "interpolation_trim.csv")):
        for method in OF_THE_EXPERIMENT:
            yield _graph_row(sources, file, trim, method)
    yield _graph_row(sources, INTERPOLATION, "0", "vampprior")


def _graph_row(sources: Sources, file: Path, trim: str, method: str) -> str:
    rows = sources.rows(file, dataset="pendulum", method=method)
    steps = ", ".join(f"{value:.3g}" for value in rows["discontinuities"])
    found = {row.seed: round(row.n_paths * (1 - row.unreachable)) for row in rows.itertuples() if row.unreachable}
    with_path = "; ".join(["all", *(f"{n} with seed {seed}" for seed, n in found.items())])
    numbers = (span(rows["path_length_ratio"], ".2f"), span(rows["monotonicity"], ".2f"))
    return cells(method_name(method), trim, steps, *numbers, span(rows["angle_error"], ".3f"), with_path)


def faces(sources: Sources) -> Iterator[str]:
    row = {method: sources.row(INTERPOLATION, dataset="faces", method=method) for method in METHODS}
    factor = {method: f"{row[method]['smoothness']:.4f}" for method in METHODS}
    others = span((row[method]["end_to_end"] for method in METHODS if method != "iwae_l1"), ".2f")
    yield (
        f"Smoothness factor: IWAE (L=1) {factor['iwae_l1']}, whose paths go least far "
        f"({row['iwae_l1']['end_to_end']:.2f} RMS from end to end against {others}); VHP + REWO, VHP + GECO and IWAE "
        f"(L=2) {span((row[m]['smoothness'] for m in ('vhp_rewo', 'vhp_geco', 'iwae_l2')), '.4f')}; VampPrior "
        f"{factor['vampprior']},"
    )
    ratio = row["vampprior"]["path_length_ratio"]
    rest = span((row[method]["path_length_ratio"] for method in METHODS if method != "vampprior"), ".1f")
    yield f"VampPrior's paths are also the longest, {ratio:.1f} times the straight line against {rest}"
