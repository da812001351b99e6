"""Compile tables and figures from the cached artifacts of all runs: reports/<budget>/. Needs no torch."""

import logging
from itertools import groupby
from pathlib import Path

from stages import gallery, logs
from stages.artifacts import ArtifactsError, read_runs
from stages.files import write_text
from stages.page import Section, page
from stages.results import csv, interpolations, likelihoods, representations, smoothness
from stages.smoothness_table import smoothness_table
from stages.table import markdown
from stages.tabulate import detail_table, interpolation_table, likelihood_table, representation_table

logger = logging.getLogger(__name__)


def main() -> None:
    logs.configure()
    try:
        runs = read_runs()
    except ArtifactsError as error:
        raise SystemExit(f"report: {error}") from error
    folder = Path("reports", runs[0].config["run"]["budget"])
    frames = {"results": likelihoods, "smoothness": smoothness, "interpolation": interpolations}
    for name, frame in (frames | {"representation": representations}).items():
        write_text(folder / f"{name}.csv", csv(frame(runs)))

    table, sections = likelihood_table(runs), []
    for dataset, group in groupby(runs, key=lambda run: run.dataset):
        chosen = list(group)
        tables = (detail_table(chosen), representation_table(chosen), interpolation_table(chosen))
        if len(chosen[0].smoothness["joints"]) > 1:
            tables += (smoothness_table(chosen),)
        sections.append(Section(dataset, tables, tuple(gallery.draw(chosen, folder / "figures"))))
        logger.info("%s: figures in %s", dataset, folder / "figures")
    optimisation = gallery.draw_beta_update(folder / "figures")
    figures = [optimisation, *(drawn for section in sections for drawn in section.figures)]
    gallery.remove_others(folder / "figures", figures)

    write_text(folder / "table.md", markdown([table, *(t for section in sections for t in section.tables)]))
    write_text(folder / "index.html", page(table, sections, optimisation, runs, folder))
    logger.info("%d runs: table in %s, page in %s", len(runs), folder / "table.md", folder / "index.html")


if __name__ == "__main__":
    main()
