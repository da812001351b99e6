"""Take runs made on another machine into the pipeline: `python -m stages.elsewhere.bring_back FOLDER`

Everything that a stage of the pipeline depends on must be what the results were made from: parameters, data and code,
by the fingerprints and checksums recorded with them. Then the outputs are copied to runs/ and committed to DVC, and
`dvc repro` finds train and evaluate up to date. If anything differs, nothing is taken and the differences are named.
"""

import argparse
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dvc.dependency.param import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo

from stages.command import command
from stages.elsewhere import pack, record
from stages.files import md5, read_json, replacing
from stages.runs.places import run_folder
from stages.runs.run_stages import RUN_STAGES

logger = logging.getLogger(__name__)

Finished = dict[str, tuple[str, str]]  # a stage of the pipeline, train@<run> -> the run's name and the stage's


def finished(root: Path, runs: Sequence[str]) -> Finished:
    """The stages of the runs that are done in the folder, in the order in which they ran.

    Raises ValueError for a run without any record.
    """
    found = {}
    if unknown := [run for run in runs if not any(record.folder_of(root, run).glob("*.record.json"))]:
        raise ValueError(
            f"found no record of {', '.join(unknown)} in {root}, expected <data set>/<run>/train.record.json"
        )
    for run in runs:
        for stage in record.STAGES:
            if "outputs" not in (record.read(root, run, stage) or {}):
                logger.info("%s of %s is not finished: `dvc repro` will run it", stage, run)
                break
            found[f"{stage}@{run}"] = (run, stage)
    return found


def differences(needs: Sequence[Any], root: Path, run: str, stage: str) -> list[str]:
    """How a stage's results differ from those that this repository's pipeline would make, a line each.

    needs: the stage's dependencies as DVC's objects.
    """
    made = record.read(root, run, stage)
    if made is None:
        return [f"found no record of it, expected {record.path_of(root, run, stage)}"]
    model = (run_folder(run) / "model.safetensors").as_posix()
    lines, files = [], {}
    for need in needs:
        path = Path(need.def_path)
        if isinstance(need, ParamsDependency):
            here = read_json(path)
            lines += [
                f"{path} {key}: found {value_at(made['config'], key)}, expected {value_at(here, key)}"
                for key in need.params
                if value_at(made["config"], key) != value_at(here, key)
            ]
        # The model that was evaluated comes with the results.
        elif path.as_posix() == model:
            files[model] = md5(record.own(root, record.folder_of(root, run) / path.name))
        else:
            files[path.as_posix()] = md5(path) if path.exists() else "no such file"
    lines += record.differences(made["files"], files)
    lines += record.differences(record.outputs(root, run, stage), made["outputs"])
    missing = [name for name in RUN_STAGES[stage].outputs if name not in made["outputs"]]
    return lines + [f"{name}: found no such output" for name in missing]


def value_at(config: Mapping[str, Any], key: str) -> Any:
    """key: as in dvc.yaml, `section` or `section.name`; None where there is no such value."""
    section, _, name = key.partition(".")
    value = config.get(section)
    return value.get(name) if name and value is not None else value


def check(root: Path, stages: Finished, repo: Repo) -> None:
    """Raises ValueError that names everything that does not agree."""
    known = {stage.addressing: stage for stage in repo.index.stages}
    wrong = []
    for name, (run, stage) in stages.items():
        if name not in known:
            wrong.append(f"{name}: found no such stage; params.yaml must name its data set, method and seed")
            continue
        wrong += [f"{name}: {line}" for line in differences(known[name].deps, root, run, stage)]
    if wrong:
        raise ValueError("these results were not made by the pipeline of this repository:\n  " + "\n  ".join(wrong))


def take(root: Path, stages: Finished, repo: Repo) -> None:
    """Copy the outputs, which were checked, and commit them to DVC."""
    for name, (run, stage) in stages.items():
        for output in RUN_STAGES[stage].outputs:
            # A new file under the old name: the old one may be a link into DVC's cache.
            with replacing(run_folder(run) / output) as temporary:
                shutil.copyfile(record.folder_of(root, run) / output, temporary, follow_symlinks=False)
        repo.commit(name, force=True)
        logger.info("taken: %s", name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder `runs` that stages/elsewhere/work.py filled")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="default: all in the folder")
    arguments = parser.parse_args()
    root = arguments.folder
    with command("bring_back", DvcException):
        runs = arguments.runs or sorted({path.parent.name for path in root.glob("*/*/*.record.json")})
        stages = finished(root, runs)
        if not stages:
            raise ValueError(
                f"found no finished run in {root}, expected <data set>/<run>/train.record.json with its outputs"
            )
        with Repo() as repo:
            check(root, stages, repo)
            pack.check_up_to_date(sorted({run for run, _ in stages.values()}))
            take(root, stages, repo)
        logger.info("%d stages taken; `dvc repro` runs the rest", len(stages))


if __name__ == "__main__":
    main()
