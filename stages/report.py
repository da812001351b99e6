"""Compile tables and figures from the cached artifacts of all runs: reports/<budget>/. Needs no torch."""

import logging
from itertools import groupby
from pathlib import Path

from stages import gallery, logs
from stages.artifacts import ArtifactsError, inputs, read_runs
from stages.files import write_text
from stages.latex import latex
from stages.page import Section, page
from stages.poster_table import likelihood_table, published_table, summary
from stages.provenance import not_run, parameters_table, provenance_table
from stages.results import csv, interpolations, likelihoods, representations, smoothness
from stages.smoothness_table import smoothness_table
from stages.table import markdown
from stages.tabulate import detail_table, interpolation_table, representation_table

logger = logging.getLogger(__name__)


def main() -> None:
    logs.configure()
    try:
        runs = read_runs()
    except ArtifactsError as error:
        raise SystemExit(f"report: {error}") from error
    folder = Path("reports", runs[0].config["run"]["budget"])
    frames = {"table": summary, "results": likelihoods, "smoothness": smoothness, "interpolation": interpolations}
    frames |= {"representation": representations, "inputs": inputs}
    for name, frame in frames.items():
        write_text(folder / f"{name}.csv", csv(frame(runs)))

    overview = [table for table in (likelihood_table(runs), published_table(runs)) if table]
    write_text(folder / "table.tex", latex(overview))
    sections, parameters = [], []
    for dataset, group in groupby(runs, key=lambda run: run.dataset):
        chosen = list(group)
        tables = (detail_table(chosen), representation_table(chosen), interpolation_table(chosen))
        if len(chosen[0].smoothness["joints"]) > 1:
            tables += (smoothness_table(chosen),)
        sections.append(Section(dataset, tables, tuple(gallery.draw(chosen, folder / "figures"))))
        parameters.append(parameters_table(chosen))
        logger.info("%s: figures in %s", dataset, folder / "figures")
    optimisation = gallery.draw_beta_update(folder / "figures")
    figures = [optimisation, *(drawn for section in sections for drawn in section.figures)]
    gallery.remove_others(folder / "figures", figures)

    absent = not_run(runs)
    text = markdown([*overview, *(table for section in sections for table in section.tables)])
    write_text(folder / "table.md", "\n".join([text, "## Not run", "", *(f"- {sentence}" for sentence in absent), ""]))
    provenance = [provenance_table(runs), *parameters]
    write_text(folder / "index.html", page(overview, sections, optimisation, absent, provenance))
    logger.info("%d runs: table in %s, page in %s", len(runs), folder / "table.md", folder / "index.html")


if __name__ == "__main__":
    main()
