"""Do dvc.lock, code, parameters and committed outputs belong together? As a clone without any cache can tell.

It runs nothing: `dvc repro --allow-missing` would tell the same of code and parameters, but starts to train where the
data happen to be there.
"""

import subprocess
from pathlib import Path

from stages.parallel import lock

NOT_IN_CACHE, DELETED = "not in cache", "deleted"  # in DVC's words


class AgreementError(RuntimeError):
    """DVC or git could not tell; the message has what they said."""


def disagreements(root: Path) -> list[str]:
    """What does not agree with dvc.lock, as "<stage>: <file> <how>", of a matrix's stages the first and how many more.

    root: that of a git and DVC repository. A cache that is not here does not count, nor does a missing file that git
    ignores, since a clone has neither; a missing file that git should hold does. Raises AgreementError where DVC or git
    cannot tell.
    """
    found = []
    for stage, changes in _status(root).items():
        for change in changes:
            if isinstance(change, str):  # for instance "changed command"
                found.append((stage, change, ""))
                continue
            for files in change.values():
                found += [(stage, path, how) for path, how in files.items() if how != NOT_IN_CACHE]
    found += _broken_chains(root)
    ignored = _ignored(root, [path for _, path, how in found if how == DELETED])
    alike: dict[tuple[str, str], list[str]] = {}
    for stage, path, how in found:
        if how != DELETED or path not in ignored:
            alike.setdefault((stage.partition("@")[0], f"{path} {_words(how)}".strip()), []).append(stage)
    return [f"{stages[0]}{_more(stages)}: {change}" for (_, change), stages in alike.items()]


def _broken_chains(root: Path) -> list[tuple[str, str, str]]:
    """Inputs that are not the outputs they were, both by dvc.lock: a stage was renewed, and one after it was not.

    `dvc status` compares dvc.lock with files, and a clone has neither prepared data nor models.
    """
    entries = lock.read(root / lock.FILE)
    made = {out["path"]: (stage, out["md5"]) for stage, entry in entries.items() for out in entry.get("outs", [])}
    return [
        (stage, need["path"], f"is not what {made[need['path']][0].partition('@')[0]} made")
        for stage, entry in entries.items()
        for need in entry.get("deps", [])
        if need["path"] in made and need["md5"] != made[need["path"]][1]
    ]


def _more(stages: list[str]) -> str:
    return f" and {len(stages) - 1} more" if len(stages) > 1 else ""


def _status(root: Path) -> dict[str, list]:
    """What `dvc status --json` prints."""
    # Imported here: it takes most of a second, which the comparison of results need not wait for.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root)) as repo:
            return repo.status()
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
