"""Tables of several seeds below reports/, beside the CSV files that they are made of."""

from collections.abc import Iterator

from stages.check.quotations.sources import PENDULUM, SEEDS, Sources
from vhp.names import dataset_name, method_name


def quoted(sources: Sources) -> Iterator[str]:
    """reports/seeds/table.md: the NLL with each seed, and their mean."""
    frame = sources.frame(SEEDS / "results.csv")
    for (dataset, method), rows in frame.groupby(["dataset", "method"], sort=False):
        nll = dict(zip(rows["seed"], rows["nll"], strict=True))
        each = ", ".join(f"{nll[seed]:.2f}" if seed in nll else "diverged" for seed in (0, 1, 2))
        yield (
            f"| {dataset_name(dataset)} | {method_name(method)} | {each} | {rows['nll'].mean():.2f} ± "
            f"{rows['nll'].std():.2f} |"
        )


def pendulum(sources: Sources) -> Iterator[str]:
    """reports/examples/pendulum/table.md: mean and standard deviation over the seeds."""
    groups = sources.frame(PENDULUM / "results.csv").groupby("method", sort=False)["nll"]
    best = groups.mean().idxmin()
    for method, nll in groups:
        text = f"{nll.mean():.2f} ± {nll.std():.2f} ({len(nll)})"
        yield f"| {method_name(method)} | gated MLP | {f'**{text}**' if method == best else text} |"
