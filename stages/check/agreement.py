"""Do dvc.lock and the committed outputs agree? Found without a cache and without running a stage.

Disagreements are: an output in git that is not what dvc.lock says, a stage that was never run, a stage that was renewed
without those after it, and a report that was made from other files than dvc.lock has. Results that are older than code
or parameters are none: stages/runs/stale.py lists them.
"""

import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stages.check.folders import other_folders
from stages.check.wording import first_of
from stages.parallel import lockfile
from stages.runs.places import CONFIGS, DATA_CONFIGS, MATRIX

NOT_IN_CACHE, DELETED, MODIFIED = "not in cache", "deleted", "modified"  # in DVC's words
# What `configure` makes of code and parameters: where it has changed, results are stale.
CONFIGURATIONS = tuple(path.as_posix() for path in (CONFIGS, DATA_CONFIGS, MATRIX))
Change = tuple[str, str, Any]  # stage, file, how it changed in DVC's words


class AgreementError(RuntimeError):
    """DVC or git could not tell; the message has what they said."""


def disagreements(root: Path, recorded: Mapping[str, Any], runs: Collection[str], inputs: Path) -> list[str]:
    """What does not agree with dvc.lock, as "<stage>: <file> <how>", of a matrix's stages the first and how many more.

    root: that of a git and DVC repository. recorded: the stages of dvc.lock. runs: those that params.yaml asks for.
    inputs: CSV with the path and md5 of each file that the report was made from.

    A missing cache does not count, nor does a missing file that git ignores, since a clone has neither; a missing file
    that git should hold does. Raises AgreementError where DVC or git cannot tell.
    """
    pipeline, status = _pipeline(root)
    entries = {stage: entry for stage, entry in recorded.items() if stage in pipeline}
    found = [(stage, "was never run", "") for stage in pipeline if stage not in entries]
    found += _changed(root, status, entries)
    found += lockfile.broken_chains(entries)
    found += other_folders(entries, recorded)
    found += _other_inputs(root / inputs, entries, runs)
    ignored = _ignored(root, [path for _, path, how in found if how == DELETED])
    # An ordered set for each: DVC may have found the same.
    alike: dict[tuple[str, str], dict[str, None]] = {}
    for stage, path, how in found:
        if how != DELETED or path not in ignored:
            alike.setdefault((stage.partition("@")[0], f"{path} {_words(how)}".strip()), {})[stage] = None
    return [f"{first_of(stages)}: {change}" for (_, change), stages in alike.items()]


def read_lock(root: Path) -> dict[str, Any]:
    """Stage -> entry of dvc.lock. Raises AgreementError if it cannot be read."""
    try:
        return lockfile.read(root / lockfile.FILE)
    except Exception as error:  # DVC's own class of errors, which is not loaded yet
        raise AgreementError(
            f"{lockfile.FILE} cannot be read ({error}): are there conflict markers? Take one side's, and run "
            "`make table` for what is then out of date"
        ) from error


def _changed(root: Path, status: Mapping[str, list], entries: Mapping[str, Any]) -> list[Change]:
    """What `dvc status` says of the stages that were run once; of others it would call every file modified."""
    found = [change for stage, changes in status.items() if stage in entries for change in _changes(stage, changes)]
    outs = [out["path"] for entry in entries.values() for out in entry.get("outs", [])]
    # A folder that exists in part, say with nothing but configurations, is modified to DVC.
    in_part = {
        path
        for _, path, how in found
        if how == MODIFIED and any(out.startswith(f"{path}/") and not (root / out).exists() for out in outs)
    }
    return [(stage, path, how) for stage, path, how in found if path not in in_part]


def _changes(stage: str, changes: list) -> Iterator[Change]:
    for change in changes:
        if isinstance(change, str):  # for instance "changed command"
            yield stage, change, ""
        elif stage != "configure":
            for files in change.values():
                yield from ((stage, path, how) for path, how in files.items() if how != NOT_IN_CACHE and _counts(path))


def _counts(path: str) -> bool:
    return not path.startswith(CONFIGURATIONS)


def _other_inputs(inputs: Path, entries: Mapping[str, Any], runs: Collection[str]) -> list[Change]:
    """Files that the report read and that were renewed later, and runs of which it read none.

    To DVC what the report reads is a folder, and in a clone this folder is empty.
    """
    if not inputs.exists():
        return []  # the report's own output: DVC reports it
    try:
        table = pd.read_csv(inputs, dtype=str)
        read = dict(zip(table["path"], table["md5"], strict=True))
    except (KeyError, ValueError) as error:  # DVC reports an altered file, too
        raise AgreementError(f"{inputs}: expected a CSV file with the columns path and md5: {error}") from error
    made = {out["path"]: out["md5"] for entry in entries.values() for out in entry.get("outs", [])}
    other = [path for path, md5 in read.items() if made.get(path) != md5]
    unread = [run for run in runs if not any(f"/{run}/" in path for path in read)]
    return [
        ("report", first_of(paths), how)
        for paths, how in ((other, "is not what it was when the report was made"), (unread, "is not in the report"))
        if paths
    ]


def _pipeline(root: Path) -> tuple[list[str], dict[str, list]]:
    """The stages of dvc.yaml, in its order, and what `dvc status --json` prints."""
    # A late import: it takes most of a second, for which the comparison of results need not wait.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root)) as repo:
            return [stage.addressing for stage in repo.index.stages], repo.status()
    except DvcException as error:
        raise AgreementError(f"`dvc status` failed: {error}") from error


def _words(how: str | dict[str, str]) -> str:
    """DVC says of a file how it changed, and of a file of parameters which did."""
    if isinstance(how, str):
        return how
    return f"({', '.join(f'{name} {change}' for name, change in how.items())})"


def _ignored(root: Path, paths: list[str]) -> set[str]:
    if not paths:
        return set()
    # With a slash: git cannot know that a missing path was a folder, and rules such as /runs/ are for folders.
    asked = "\0".join(form for path in paths for form in (path, f"{path}/"))
    command = ["git", "check-ignore", "-z", "--stdin"]
    done = subprocess.run(command, cwd=root, input=asked, capture_output=True, text=True, check=False)
    if done.returncode > 1:  # 1: it ignores none
        raise AgreementError(f"`{' '.join(command)}` failed:\n{done.stderr}")
    return {path.rstrip("/") for path in done.stdout.split("\0") if path}
