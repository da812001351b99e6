"""docs/results.md: what it says of likelihoods, of the pendulum experiment and of the interpolations."""

from collections.abc import Iterator
from pathlib import Path

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
    """Of both MNISTs: by how much the refined estimate is lower, and of how many examples it is not sure."""
    for dataset in MNISTS:
        found = sources.rows(LAPTOP / "results.csv", dataset=dataset)
        low = (sources.low(dataset, method) for method in found["method"])
        left = 100 * found["refined_n_low_ess"] / found["n_test"]
        yield (
            f"leaves {span(left, '.1f')} % of the test images with fewer than ten effective samples, instead of "
            f"{span(low, '.0f')} %"
        )
        yield f"{span(100 * found['refined_n_unreliable'] / found['n_test'], '.0f')} %"
    of = {row.method: row for row in sources.rows(LAPTOP / "results.csv", dataset="static_mnist").itertuples()}
    lowered = span((row.nll - row.refined_nll for row in of.values()), ".1f")
    yield f"lowers the NLLs by {lowered} nats, IWAE's (L=2) most"
    both = f"{of['vampprior'].refined_nll:.2f} and {of['vhp_geco'].refined_nll:.2f}"
    yield f"brings VampPrior level with GECO ({both})"
    yield f"REWO stays first, at {of['vhp_rewo'].refined_nll:.2f}"
    ours = [f"{of[method].nll:.2f}" for method in ("vampprior", "iwae_l1", "iwae_l2")]
    yield f"ours, IWAE with 8 samples, {ours[0]}, {ours[1]} and {ours[2]}"


def likelihoods(sources: Sources) -> Iterator[str]:
    geco = [sources.lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    paper = [sources.published_lead(dataset, "vhp_geco") for dataset in OF_THE_PAPER]
    yield f"as in the paper, but by {span(geco, '.1f')} nats where the paper has {span(paper, '.0f')}."
    yield f"On the pendulum it is ahead by {sources.lead('pendulum', 'vhp_geco'):.1f} with kappa = 0.08"
    lead = {dataset: sources.lead(dataset, "vampprior") for dataset in OF_THE_PAPER}
    mnists = span((lead[dataset] for dataset in MNISTS), ".1f")
    yield (
        f"Against VampPrior it is {lead['omniglot']:.1f} nats ahead on OMNIGLOT, {mnists} on the two MNISTs, and "
        f"{-lead['fashion_mnist']:.1f} behind on Fashion-MNIST."
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
    low = {d: span((sources.low(d, m) for m in METHODS), ".0f") for d in ("omniglot", "motion")}
    mnists = span((sources.low(dataset, m) for dataset in MNISTS for m in METHODS), ".0f")
    yield (
        f"There are fewer than ten for {mnists} % of the MNISTs' test images, {low['omniglot']} % of "
        f"OMNIGLOT's, {low['motion']} % of the frames of human motion"
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
