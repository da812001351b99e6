"""Compile tables and figures from the cached artifacts of all runs: reports/<budget>/. Needs no torch."""

import argparse
import logging
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from stages.command import command
from stages.files import write_text
from stages.reports import gallery, kept
from stages.reports.artifacts import Matrix, RunArtifacts, inputs_table, read_matrix, to_keep
from stages.reports.frames import csv, interpolations, likelihoods, representations, smoothness
from stages.reports.latex import latex
from stages.reports.likelihood_table import detail_table, interpolation_table, representation_table
from stages.reports.page import Section, page
from stages.reports.poster_table import likelihood_table, published_table, summary
from stages.reports.provenance import not_run, parameters_table, provenance_table
from stages.reports.smoothness_table import smoothness_table
from stages.reports.table import markdown

logger = logging.getLogger(__name__)


def figures_of(matrix: Matrix, part: str, runs: Sequence[RunArtifacts]) -> list[gallery.Drawn]:
    """Draw a part's figures, and keep what compiling the report again will need; or take those that were kept."""
    folder = Path("reports", matrix.budget, "figures")
    if part in matrix.kept:
        logger.info("%s: its files are not here; as kept in %s", part, kept.path_of(matrix.budget, part))
        return [gallery.Drawn(folder / f["file"], f["title"], f["caption"]) for f in matrix.kept[part]["figures"]]
    drawn = gallery.draw(runs, folder) if runs else [gallery.draw_beta_update(folder)]
    logger.info("%s: figures in %s", part, folder)
    figures = [{"file": f.path.name, "title": f.title, "caption": f.caption} for f in drawn]
    kept.write(matrix.budget, part, matrix.inputs[part], {run.name: to_keep(run) for run in runs}, figures)
    return drawn


def compile_report(matrix: Matrix) -> None:
    """Raises ArtifactsError for a file that cannot be read, OSError for one that cannot be written."""
    runs, folder = matrix.runs, Path("reports", matrix.budget)
    frames = {"table": summary, "results": likelihoods, "smoothness": smoothness, "interpolation": interpolations}
    frames |= {"representation": representations}
    for name, frame in frames.items():
        write_text(folder / f"{name}.csv", csv(frame(runs)))
    write_text(folder / "inputs.csv", csv(inputs_table(matrix)))

    overview = [table for table in (likelihood_table(runs), published_table(runs)) if table]
    write_text(folder / "table.tex", latex(overview))
    sections, parameters = [], []
    for dataset, group in groupby(runs, key=lambda run: run.dataset):
        chosen = list(group)
        tables = (detail_table(chosen), representation_table(chosen), interpolation_table(chosen))
        if len(chosen[0].smoothness["joints"]) > 1:
            tables += (smoothness_table(chosen),)
        sections.append(Section(dataset, tables, tuple(figures_of(matrix, dataset, chosen))))
        parameters.append(parameters_table(chosen))
    [optimisation] = figures_of(matrix, kept.OPTIMISATION, [])
    figures = [optimisation, *(drawn for section in sections for drawn in section.figures)]

    absent = not_run(runs)
    text = markdown([*overview, *(table for section in sections for table in section.tables)])
    write_text(folder / "table.md", "\n".join([text, "## Not run", "", *(f"- {sentence}" for sentence in absent), ""]))
    provenance = [provenance_table(runs), *parameters]
    write_text(folder / "index.html", page(overview, sections, optimisation, absent, provenance))
    gallery.remove_others(folder / "figures", figures)
    kept.remove_others(matrix.budget, list(matrix.inputs))
    logger.info("%d runs: table in %s, page in %s", len(runs), folder / "table.md", folder / "index.html")


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("report"):
        compile_report(read_matrix())


if __name__ == "__main__":
    main()
