"""A section of the report: what git has of a data set, so that the report needs neither its runs nor its data.

reports/<budget>/datasets/<data set>/ has the section's figures, and section.json with the small outputs of its runs,
the code that made them and the checksums of all files read. So a table can grow, and be renewed, a data set at a
time, on machines that share nothing but git.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.files import md5, read_json, write_json
from stages.reports.artifacts import JSON_OUTPUTS, ArtifactsError, RunArtifacts, from_json, read_history
from stages.reports.differences import pairs
from stages.reports.differences.pairs import Difference
from stages.runs import recorded
from stages.runs.configs import read_config
from stages.runs.outputs.data import open_data
from stages.runs.outputs.values import read_lines, read_values
from stages.runs.places import data_file, run_folder, section_folder
from stages.runs.run_stages import RUN_STAGES
from vhp import datasets

NAME = "section.json"
VECTOR, MOVING = ".svg", ".gif"
CONFIG_SECTIONS = ("model", "method", "training", "evaluation", "interpolation", "code")


@dataclass(frozen=True)
class Drawn:
    """A figure in a file."""

    path: Path
    title: str
    caption: str

    @property
    def files(self) -> list[Path]:
        """The picture, and those beside it: the same as vector graphics, of strips a moving picture."""
        beside = [self.path.with_suffix(suffix) for suffix in (VECTOR, MOVING) if suffix != self.path.suffix]
        return [self.path, *(path for path in beside if path.exists())]


@dataclass(frozen=True)
class Section:
    """A data set's part of the report."""

    dataset: str
    code: str  # fingerprint of the code that made it
    runs: list[RunArtifacts]  # in the order of the paper's table, then by seed
    inputs: dict[str, str]  # path -> MD5, as in dvc.lock
    figures: list[Drawn]
    differences: list[Difference]  # of its methods; none in a section of an earlier version


def collect(dataset: str, names: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The runs as JSON, and the checksums of the data and of all outputs of the runs: so a result says of which model.

    Raises ArtifactsError for files that are missing or cannot be read, RecordError for one that differs from
    dvc.lock.
    """
    outputs = {name: [run_folder(name) / file for file in outputs_of_run()] for name in names}
    paths = [data_file(dataset), *(path for files in outputs.values() for path in files)]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise ArtifactsError("\n  ".join([f"{len(missing)} files are missing; `dvc repro` makes them:", *missing]))
    with open_data(dataset) as arrays:
        n_test = len(arrays["test"])
    # The report knows no data set by name.
    module = datasets.load(dataset)
    about = {"n_test": n_test, "observation": module.OBSERVATION, "note": getattr(module, "NOTE", None)}
    runs = {name: about | run_as_json(name, outputs[name]) for name in names}
    return runs, {path.as_posix(): md5(path) for path in paths}


def outputs_of_run() -> list[str]:
    return [file for stage in RUN_STAGES.values() for file in stage.outputs]


def run_as_json(name: str, files: Sequence[Path]) -> dict[str, Any]:
    config = read_config(name, CONFIG_SECTIONS)
    now, made = config.pop("code"), {}
    for stage in RUN_STAGES:
        known = recorded.check(f"{stage}@{name}", files)
        # Without dvc.lock the stages were run by hand, each with the code of its configuration.
        made[stage] = recorded.code(known, stage) if recorded.LOCK.exists() else now[stage]
    lines = read_lines(name, "history.csv")
    small = {output: read_values(name, f"{output}.json") for output in JSON_OUTPUTS}
    read_history(run_folder(name) / "history.csv", lines, config["training"], small["training"])
    return {"config": config, "code": made, "history": lines, **small}


def write(budget: str, section: Section, runs: Mapping[str, Any]) -> None:
    """runs: as JSON; section.figures are in its folder already."""
    figures = [{"file": f.path.name, "title": f.title, "caption": f.caption} for f in section.figures]
    content = {"dataset": section.dataset, "code": section.code, "inputs": section.inputs, "figures": figures}
    content["differences"] = [difference.json() for difference in section.differences]
    write_json(section_folder(budget, section.dataset) / NAME, content | {"runs": runs})


def read(budget: str, dataset: str) -> Section:
    """Raises ArtifactsError for a section that is missing, damaged or of another version of this code.

    And RecordError for one, or a figure in it, that is not what dvc.lock has.
    """
    folder = section_folder(budget, dataset)
    path = folder / NAME
    if not path.exists():
        raise ArtifactsError(f"{path} is missing: `dvc repro section@{dataset}` makes it")
    how = f"`git checkout {folder}` restores the committed one, `dvc repro section@{dataset}` renews it"
    recorded.check(f"section@{dataset}", [folder], remedy=how)
    return parse(path, how)


def parse(path: Path, remedy: str) -> Section:
    """The section in a file, wherever it lies. Raises ArtifactsError, which ends with the remedy."""
    try:
        content = read_json(path)
        figures = [Drawn(path.parent / f["file"], f["title"], f["caption"]) for f in content["figures"]]
        runs = [from_json(name, run) for name, run in content["runs"].items()]
        runs.sort(key=lambda run: run.order)
        differences = [pairs.from_json(f"{path}, differences", d, runs) for d in content.get("differences", [])]
        pairs.check(differences, runs)
        return Section(content["dataset"], content["code"], runs, dict(content["inputs"]), figures, differences)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactsError(f"{path} cannot be read ({error}); {remedy}") from error
