"""Do dvc.lock, code, parameters and committed outputs belong together? As a clone without any cache can tell.

It runs nothing: `dvc repro --allow-missing` would tell the same of code and parameters, but starts to train where the
data happen to be there. And it looks where DVC cannot in such a clone: whether the runs were made with the parameters
that params.yaml has now, and whether the report was made from the runs that dvc.lock names.
"""

import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stages.parallel import lockfile

NOT_IN_CACHE, DELETED, MODIFIED = "not in cache", "deleted", "modified"  # in DVC's words


class AgreementError(RuntimeError):
    """DVC or git could not tell; the message has what they said."""


def disagreements(root: Path, configs: Mapping[str, Mapping[str, Any]], inputs: Path) -> list[str]:
    """What does not agree with dvc.lock, as "<stage>: <file> <how>", of a matrix's stages the first and how many more.

    root: that of a git and DVC repository. configs: the content of runs/configs that params.yaml asks for, by path.
    inputs: CSV with the path and md5 of each file that the report read. A cache that is not here does not count, nor
    does a missing file that git ignores, since a clone has neither; a missing file that git should hold does. Raises
    AgreementError where DVC or git cannot tell.
    """
    pipeline, status = _pipeline(root)
    entries = {stage: entry for stage, entry in lockfile.read(root / lockfile.FILE).items() if stage in pipeline}
    found = [(stage, "was never run", "") for stage in pipeline if stage not in entries]
    found += _changed(root, status, entries)
    found += lockfile.broken_chains(entries)
    found += _other_settings(entries, configs)
    found += _other_inputs(root / inputs, entries, configs)
    ignored = _ignored(root, [path for _, path, how in found if how == DELETED])
    alike: dict[
        tuple[str, str], dict[str, None]
    ] = {}  # an ordered set: DVC may have seen what was also looked for here
    for stage, path, how in found:
        if how != DELETED or path not in ignored:
            alike.setdefault((stage.partition("@")[0], f"{path} {_words(how)}".strip()), {})[stage] = None
    return [f"{next(iter(stages))}{_more(stages)}: {change}" for (_, change), stages in alike.items()]


def _changed(root: Path, status: Mapping[str, list], entries: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """What `dvc status` says of the stages that were run once; of others it would call every file modified."""
    found = []
    for stage, changes in status.items():
        for change in changes if stage in entries else ():
            if isinstance(change, str):  # for instance "changed command"
                found.append((stage, change, ""))
                continue
            for files in change.values():
                found += [(stage, path, how) for path, how in files.items() if how != NOT_IN_CACHE]
    outs = [out["path"] for entry in entries.values() for out in entry.get("outs", [])]
    # A folder is not what it was if it is here in part, say with nothing but configurations in it.
    in_part = {
        path
        for _, path, how in found
        if how == MODIFIED and any(out.startswith(f"{path}/") and not (root / out).exists() for out in outs)
    }
    return [(stage, path, how) for stage, path, how in found if path not in in_part]


def _other_settings(entries: Mapping[str, Any], configs: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Stages that were run with other settings than they would be now.

    `dvc status` says of a run's settings, in runs/configs, only that the file is not in this clone, and nothing else in
    dvc.lock differs once `configure` has been run again.
    """
    found = []
    for stage, entry in entries.items():
        for path, sections in entry.get("params", {}).items():
            if path in configs:
                changed = [section for section, value in sections.items() if value != configs[path].get(section)]
                found += [(stage, path, dict.fromkeys(changed, MODIFIED))] if changed else []
    return found


def _other_inputs(inputs: Path, entries: Mapping[str, Any], configs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Files that the report read and that have been made anew since, and runs of which it read none.

    To DVC what the report reads is a folder, and in a clone this folder is empty.
    """
    if not inputs.exists():
        return []  # the report's own output: DVC names it
    try:
        table = pd.read_csv(inputs, dtype=str)
        read = dict(zip(table["path"], table["md5"], strict=True))
    except (KeyError, ValueError) as error:  # DVC also names a file that is not as it was made
        raise AgreementError(f"{inputs}: expected a CSV file with the columns path and md5: {error}") from error
    made = {out["path"]: out["md5"] for entry in entries.values() for out in entry.get("outs", [])}
    stale = [path for path, md5 in read.items() if made.get(path) != md5]
    runs = [Path(path).stem for path in configs]
    unread = [run for run in runs if not any(path.startswith(f"runs/{run}/") for path in read)]
    return [
        ("report", f"{paths[0]}{_more(paths)}", how)
        for paths, how in ((stale, "is not what it was when the report was made"), (unread, "is not in the report"))
        if paths
    ]


def _more(stages: Collection[str]) -> str:
    return f" and {len(stages) - 1} more" if len(stages) > 1 else ""


def _pipeline(root: Path) -> tuple[list[str], dict[str, list]]:
    """The stages of dvc.yaml, in its order, and what `dvc status --json` prints."""
    # Imported here: it takes most of a second, which the comparison of results need not wait for.
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
