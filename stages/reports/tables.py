"""The report's tables from its sections, as the files that are committed: which `make check` compiles again."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.files import as_json
from stages.reports import sections
from stages.reports.artifacts import ArtifactsError, RunArtifacts
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.tables import cases_table, claims_table
from stages.reports.claims.verdicts import verdicts
from stages.reports.differences.pairs import Difference
from stages.reports.differences.table import difference_table, frame
from stages.reports.frames import csv, inputs, interpolations, likelihoods, metrics, representations, smoothness
from stages.reports.interpolation_table import interpolation_table
from stages.reports.latex import latex
from stages.reports.likelihood_table import detail_table
from stages.reports.poster_table import likelihood_table, published_table, summary
from stages.reports.provenance import not_run
from stages.reports.representation_table import representation_table
from stages.reports.smoothness_table import smoothness_table
from stages.reports.table import Table, markdown
from stages.runs.fingerprint import Program
from stages.runs.places import section_folder
from stages.runs.stale import Made, Stale, stale
from vhp.names import DATASETS, position

# The report has the configurations of its own runs alone.
BESIDE = "Supplements and studies, on which some of the claims are tested, are not in this list: make check names them."
FRAMES = {
    "results": likelihoods,
    "smoothness": smoothness,
    "interpolation": interpolations,
    "representation": representations,
}


def read_sections(matrix: Mapping[str, Any]) -> list[sections.Section]:
    """Those of runs/matrix/matrix.json, in the order of the paper's table.

    Raises ArtifactsError for one that is missing, cannot be read, or is of other runs than the matrix has.
    """
    found = []
    for dataset in sorted(matrix["sections"], key=lambda name: position(name, DATASETS)):
        section, wanted = sections.read(matrix["budget"], dataset), set(matrix["sections"][dataset]["runs"])
        if other := wanted ^ {run.name for run in section.runs}:
            where, names = section_folder(matrix["budget"], dataset), ", ".join(sorted(other))
            raise ArtifactsError(
                f"{where}: the section of {dataset} and the matrix differ in {names}: `dvc repro section@{dataset}` "
                "renews it"
            )
        found.append(section)
    return found


def runs_of(found: Sequence[sections.Section]) -> list[RunArtifacts]:
    return [run for section in found for run in section.runs]


def differences_of(found: Sequence[sections.Section]) -> dict[str, list[Difference]]:
    """Of each data set."""
    return {section.dataset: section.differences for section in found}


def dataset_tables(section: sections.Section) -> tuple[Table, ...]:
    """Of one data set: the details of its numbers."""
    runs = section.runs
    paired = (difference_table(section.dataset, section.differences),) if section.differences else ()
    tables = (detail_table(runs), *paired, representation_table(runs), interpolation_table(runs))
    return tables + ((smoothness_table(runs),) if len(runs[0].smoothness["joints"]) > 1 else ())


def overview(found: Sequence[sections.Section]) -> list[Table]:
    runs = runs_of(found)
    return [table for table in (likelihood_table(runs, differences_of(found)), published_table(runs)) if table]


def texts(found: Sequence[sections.Section], evidence: Evidence) -> dict[str, str]:
    """File name -> content."""
    runs, judged = runs_of(found), verdicts(evidence)
    files = {f"{name}.csv": csv(of_runs(runs)) for name, of_runs in FRAMES.items()}
    files["metrics.json"] = as_json(metrics(runs))
    differences = differences_of(found)
    files |= {"table.csv": csv(summary(runs, differences)), "differences.csv": csv(frame(differences))}
    files |= {"inputs.csv": csv(inputs([section.inputs for section in found])), "table.tex": latex(overview(found))}
    files |= {"claims.csv": csv(judged), "claims.md": markdown([claims_table(judged), cases_table(judged)])}
    text = markdown([*overview(found), *(t for section in found for t in dataset_tables(section))])
    absent = [f"- {sentence}" for sentence in not_run(runs)]
    return files | {"table.md": "\n".join([text, "## Not run", "", *absent, ""])}


def stale_results(
    found: Sequence[sections.Section], configs: Mapping[str, Mapping[str, Any]], program: Program
) -> list[Stale]:
    """Results older than the code or the parameters, and sections whose figures are."""
    made = [Made(run.name, run.config, run.code, run.revisions) for run in runs_of(found)]
    older = stale(made, configs, program)
    for section in found:
        if section.code != program.of_stage("section", section.dataset):
            older.append(Stale("section", (section.dataset,), "figures and details of other code", None))
    return older


def stale_table(older: Sequence[Stale]) -> list[Table]:
    """One table, or none."""
    if not older:
        return []
    rows = [(s.stage, s.which, s.revision or "not known", s.why) for s in older]
    notes = (
        "These results were made by other code, or with other parameters, than the project has now, and might differ "
        "if they were made today. The tables show them until they are renewed.",
        BESIDE,
    )
    return [
        Table(
            "Older than the code", ("stage", "results", "revision", "what differs"), tuple(rows), notes=notes, n_text=4
        )
    ]
