"""Parameter study: train and evaluate runs at several values of one parameter, and compile the results.

    python -m stages.study --param settings.shared.K --values 1 8 32 --methods vhp_rewo vhp_geco --seeds 0 1 2

In a clone, studies/<budget>/<param>/, it runs the pipeline up to `evaluate` once per value. The clone shares this
repository's cache, so a repeated command continues an interrupted one. Writes reports/studies/<budget>/<param>/
with results.csv, differences.csv (of several methods), table.md and figure.png. A study that is there is replaced if
the new one has all of its runs, with the same other parameters (--set), and finished those that it has finished; else
with --force only. Exits with 1 if any run was not finished, also where the others were written.
"""

import argparse
import copy
import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from stages.clones import __main__ as clone
from stages.command import command
from stages.files import read_json
from stages.parallel.arguments import at_least_one
from stages.params import plain_yaml
from stages.params.problems import ParamsError
from stages.params.reading import read, validate
from stages.params.resolution import resolve
from stages.runs.places import config_file, run_folder
from stages.study import pipeline
from stages.study import report as study_report
from stages.study.columns import CODES
from stages.study.differences import differences
from stages.study.earlier import Run, check_earlier, check_finished, run_of
from stages.study.setting import as_text, check_apart, other_parameters, scalar, set_value
from vhp import datasets

logger = logging.getLogger(__name__)

Rows = list[dict[str, Any]]

AXES = ("datasets", "methods", "seeds", "budget")
FORCE = "also replace a study with other runs or --set, or whose runs fail now, and delete what was made in its clone"


def how_made(place: Path, name: str) -> dict[str, str | None]:
    """The code of a run's stages, and the revisions at which they ran, as far as the clone has them.

    A stage runs, and DVC takes its outputs from the cache, for the code alone that its configuration names.
    """
    config, folder = place / config_file(name), place / run_folder(name)
    code = read_json(config)["code"] if config.exists() else {}
    times = [file for file in (folder / "training_time.json", folder / "evaluation_time.json") if file.exists()]
    revisions = dict.fromkeys(revision for file in times if (revision := read_json(file)["revision"]))
    return {column: code.get(column.removeprefix("code_")) for column in CODES} | {"revision": " ".join(revisions)}


def measured(place: Path, name: str, config: dict[str, Any], param: str, value: Any) -> dict[str, Any]:
    """The row of one run in the clone; without results where its training or evaluation failed."""
    run, folder = config["run"], place / run_folder(name)
    row = {key: run[key] for key in ("dataset", "method", "seed", "budget")} | {"param": param, "value": value}
    row |= {"kappa": config["method"].get("kappa"), **how_made(place, name)}
    files = [folder / "training.json", folder / "likelihood.json"]
    results = [read_json(file) for file in files] if all(file.exists() for file in files) else []
    return row | {"failed": not results} | {key: v for result in results for key, v in result.items()}


class AtValue(NamedTuple):
    """The matrix at one value of the parameter."""

    value: Any
    params: dict[str, Any]  # the content of params.yaml
    configs: dict[str, dict[str, Any]]  # of its runs, as stages/configure.py resolves them


def at_each(params: dict[str, Any], param: str, values: Sequence[Any]) -> list[AtValue]:
    """Validated before anything runs. Raises ValueError for an impossible value, or two that make the same runs."""
    matrices: list[AtValue] = []
    for value in values:
        changed = copy.deepcopy(params)
        set_value(changed, param, value)
        try:
            at_value = AtValue(value, changed, resolve(validate(changed)))
        except ParamsError as error:
            validate(params)  # what is wrong without the value, too, is no fault of it
            raise ValueError(f"{param} = {value}: {error}") from error
        if same := [other.value for other in matrices if other.configs == at_value.configs]:
            raise ValueError(
                f"{param} = {value}: found the same configurations of all runs as at {same[0]}, expected others; the "
                "budget or a method may have a value of its own, and not every data set and method depends on it"
            )
        matrices.append(at_value)
    return matrices


def reproduce(place: Path, at_value: AtValue, param: str, jobs: int) -> Rows:
    """Run in the clone what is out of date at one value; a row for each run, also for those that fail.

    Raises ValueError if the pipeline fails although every run has its results: they may not be kept.
    """
    status = pipeline.run(place, at_value.params, at_value.configs, "evaluate", jobs)
    rows = [measured(place, name, config, param, at_value.value) for name, config in at_value.configs.items()]
    if failed := unfinished(rows):
        logger.warning("%s = %s: %d of %d runs were not finished", param, at_value.value, len(failed), len(rows))
    elif status:
        raise ValueError(
            f"{param} = {at_value.value}: found exit status {status} of the pipeline, expected 0; the errors are "
            "above, mend them and repeat the command"
        )
    return rows


def unfinished(rows: Rows) -> list[Run]:
    """The runs whose training or evaluation failed."""
    return [run_of(row["dataset"], row["method"], row["seed"], row["value"]) for row in rows if row["failed"]]


def study(matrices: Sequence[AtValue], param: str, place: Path, jobs: int) -> tuple[Rows, Rows]:
    """A row per run and value, and one per two methods and value. Raises ValueError if no run was finished."""
    rows: Rows = []
    pairs: Rows = []
    for at_value in matrices:
        logger.info("%s = %s", param, at_value.value)
        rows += reproduce(place, at_value, param, jobs)
        pairs += differences(place, at_value.configs, param, at_value.value)
    if len(unfinished(rows)) == len(rows):
        raise ValueError(f"no run was finished at any value of {param}; the errors are above")
    return rows, pairs


def asked_for(arguments: argparse.Namespace) -> list[AtValue]:
    """The matrix at each value. Raises ValueError for impossible values, before anything is made or removed."""
    read(pipeline.PARAMS)  # a mistake in it is that of no value
    params = plain_yaml.read(pipeline.PARAMS)
    last = arguments.param.rpartition(".")[2]
    if last in datasets.names():  # also one that params.yaml does not choose
        params["datasets"] = [last]
    params |= {axis: getattr(arguments, axis) for axis in AXES if getattr(arguments, axis)}
    others = other_parameters(arguments.set)
    check_apart(arguments.param, others)
    for name, value in others.items():
        set_value(params, name, value)
    return at_each(params, arguments.param, [scalar(text) for text in arguments.values])


def runs_of(matrices: Sequence[AtValue]) -> set[Run]:
    """Every run of the study, at its value."""
    cells = [(at.value, config["run"]) for at in matrices for config in at.configs.values()]
    return {run_of(run["dataset"], run["method"], run["seed"], value) for value, run in cells}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--param", required=True, help="as for dvc exp run -S, for instance kappa.digits")
    parser.add_argument("--values", required=True, nargs="+")
    parser.add_argument("--datasets", nargs="*", help="default: the one that param names, else those of params.yaml")
    parser.add_argument("--methods", nargs="*", help="default: those of params.yaml")
    parser.add_argument("--seeds", nargs="*", type=int, help="default: as in params.yaml")
    parser.add_argument("--budget", help="default: as in params.yaml")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other parameters, at every value")
    parser.add_argument("--jobs", type=at_least_one, default=1, help="stages at once")
    parser.add_argument("--force", action="store_true", help=FORCE)
    arguments = parser.parse_args()
    with command("study"):
        matrices, others = asked_for(arguments), as_text(other_parameters(arguments.set))
        name = Path("studies", matrices[0].params["budget"], arguments.param)
        folder = "reports" / name
        if not arguments.force and (warning := check_earlier(folder, runs_of(matrices), others)):
            logger.warning("%s", warning)
        with closing(clone.make(name, arguments.force)):
            rows, pairs = study(matrices, arguments.param, name, arguments.jobs)
        failed = unfinished(rows)
        if not arguments.force:
            check_finished(folder, failed)
        study_report.write([row | {"set": others} for row in rows], pairs, folder)
        print((folder / "table.md").read_text(encoding="utf-8"), end="")
        logger.info("%d runs: %s", len(rows), folder)
        if failed:
            raise ValueError(f"{len(failed)} of {len(rows)} runs were not finished; the errors are above")


if __name__ == "__main__":
    main()
