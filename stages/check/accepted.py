"""What was accepted as it is, by `make baseline`: the tolerance, and each file below reports/ that no stage makes.

Those files are baselines, examples and studies, made on other days or machines: nothing here can derive them again,
but none of them changes unnoticed.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.check import regression, verdicts
from stages.check.regression import FILES, RegressionError
from stages.files import md5, read_json, write_json

REPORTS = Path("reports")
ACCEPTED = REPORTS / "baseline" / "accepted.json"
REMEDY = "`git checkout` restores it, `make baseline` accepts it"


def kept(entries: Mapping[str, Any], also: Path | None = None) -> set[str]:
    """The files below reports/ that are no output of a stage in dvc.lock. also: a folder of baselines.

    In git or to be added: `make baseline` comes before `git add`. Raises RegressionError where git cannot tell.
    """
    files = _listed("--cached") | untracked()
    files |= {(also / name).as_posix() for name in (*FILES, verdicts.NAME)} if also else set()
    made = [out["path"] for entry in entries.values() for out in entry.get("outs", [])]
    return {file for file in files if not any(file == out or file.startswith(f"{out}/") for out in made)}


def untracked() -> set[str]:
    """The files below reports/ that are not in git. Raises RegressionError where git cannot tell."""
    return _listed("--others", "--exclude-standard")


def _listed(*which: str) -> set[str]:
    """Without those of a name, or in a folder, that begins with a point: what an interrupted command has left."""
    command = ["git", "ls-files", *which, "-z", "--", REPORTS.as_posix()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RegressionError(f"`{' '.join(command)}` failed:\n{done.stderr}")
    found = (Path(file) for file in done.stdout.split("\0") if file)
    return {file.as_posix() for file in found if file != ACCEPTED and not any(p.startswith(".") for p in file.parts)}


def accept(entries: Mapping[str, Any], baseline: Path) -> None:
    """Write down the present tolerance and files. entries: of dvc.lock."""
    files = {file: md5(Path(file)) for file in sorted(kept(entries, baseline)) if Path(file).exists()}
    write_json(ACCEPTED, {"standard_errors": regression.STANDARD_ERRORS, "files": files})


def not_accepted(entries: Mapping[str, Any]) -> Iterator[str]:
    """What differs from what was accepted. entries: of dvc.lock."""
    if not ACCEPTED.exists():
        yield f"{ACCEPTED} is missing: `make baseline` makes it; commit it"
        return
    try:
        content = read_json(ACCEPTED)
        errors, files = content["standard_errors"], dict(content["files"])
    except (KeyError, TypeError, ValueError) as error:
        yield f"{ACCEPTED} cannot be read ({error}): `git checkout` restores it, `make baseline` makes it again"
        return
    if errors != regression.STANDARD_ERRORS:
        yield (
            f"found a tolerance of {regression.STANDARD_ERRORS:g} standard errors, expected {errors}, as {ACCEPTED} "
            "says; `make baseline` accepts it"
        )
    for file in sorted(kept(entries) | files.keys()):
        if file not in files:
            yield f"{file} was never accepted: {ACCEPTED} does not list it; `make baseline` accepts it"
        elif not Path(file).exists():
            yield f"{file} is missing, {ACCEPTED} lists it; {REMEDY}"
        elif (found := md5(Path(file))) != files[file]:
            yield f"{file}: found the MD5 {found}, expected {files[file]}, as {ACCEPTED} says; {REMEDY}"
