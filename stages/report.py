"""Compile tables, the claims' verdicts and the page from all sections: reports/<budget>/. Needs no torch."""

import argparse
import logging
from pathlib import Path

from stages.command import command
from stages.files import write_text
from stages.reports.artifacts import ArtifactsError
from stages.reports.claims import evidence
from stages.reports.claims.tables import claims_table
from stages.reports.claims.verdicts import verdicts
from stages.reports.page.comparisons import compare
from stages.reports.page.document import Content, PageSection, page
from stages.reports.page.findings import of_claims
from stages.reports.provenance import not_run, parameters_table, provenance_table
from stages.reports.sections import Drawn
from stages.reports.table import markdown
from stages.reports.tables import (
    BESIDE,
    dataset_tables,
    overview,
    read_sections,
    runs_of,
    stale_results,
    stale_table,
    texts,
)
from stages.runs.configs import read_config, read_matrix
from stages.runs.fingerprint import Program, require_own
from stages.runs.places import MATRIX, report_folder
from vhp.figures.beta_update import CAPTION

FIGURES = "figures"  # of all data sets: a folder, since how many there are depends on the results

logger = logging.getLogger(__name__)


def optimisation_figure(folder: Path) -> Drawn:
    """The figure of no data set, drawn by stages/beta_update.py. Raises ArtifactsError if it is missing."""
    path = folder / "beta_update.png"
    if not path.exists():
        raise ArtifactsError(f"{path} is missing: `dvc repro beta_update` makes it")
    return Drawn(path, "beta update", CAPTION)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("report"):
        matrix = read_matrix()
        require_own("report", matrix["code"]["report"], MATRIX)
        found = read_sections(matrix)
        runs, folder = runs_of(found), report_folder(matrix["budget"])
        configs = {run.name: read_config(run.name) for run in runs}
        older = stale_table(stale_results(found, configs, Program()))
        known = evidence.read(matrix["budget"], found)
        made = texts(found, known)
        for name, text in made.items():
            write_text(folder / name, text)
        write_text(folder / "stale.md", markdown(older) or f"# Older than the code\n\nNo result is. {BESIDE}\n")
        (headline, *others), claims = overview(found), claims_table(verdicts(known))
        content = Content(
            findings=of_claims(claims),
            headline=headline,
            figures=[*compare(runs, folder / FIGURES), optimisation_figure(folder)],
            sections=[PageSection(s.dataset, dataset_tables(s), tuple(s.figures)) for s in found],
            tables=[claims, *others, *older],
            not_run=not_run(runs),
            provenance=[provenance_table(runs), *(parameters_table(section.runs) for section in found)],
            files=[*made, "stale.md"],
        )
        write_text(folder / "index.html", page(content, folder))
        logger.info("%d runs: table in %s, page in %s", len(runs), folder / "table.md", folder / "index.html")


if __name__ == "__main__":
    main()
