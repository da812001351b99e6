"""What changed since a git revision: a new baseline must not hide what it is new for, nor dvc.lock another model."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stages.check import verdicts
from stages.check.accepted import ACCEPTED
from stages.check.regression import FILES, RegressionError, differences
from stages.check.wording import first_of
from stages.parallel import lockfile
from stages.runs.fingerprint import FingerprintError, Program
from stages.runs.stale import at_revision

UPSTREAM = ("origin/HEAD", "origin/main")
UNCHANGED = "made by the same code, with the same parameters and from the same files"
# Beside its own modules the check asks these: of chains of stages, of checksums, whether tables are what sections give.
BESIDE = (
    *("stages.parallel.lockfile", "stages.runs.recorded", "stages.reports.sections"),
    *("stages.reports.differences.pairs", "stages.reports.tables"),
)


def git(*arguments: str) -> bytes | None:
    """What it prints; None where it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    return None if done.returncode else done.stdout


def commit(name: str) -> str | None:
    found = git("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    return found.decode().strip() if found else None


def earlier_revision(asked: str | None) -> str | None:
    """The revision to compare with: what is asked for, or where this branch left its upstream, or the commit before.

    None where this clone has none of these. Raises RegressionError if it has not what was asked for.
    """
    if asked:
        if commit(asked) is None:
            raise RegressionError(f"--since: found {asked!r}, expected a git revision that this clone has")
        return asked
    for branch in UPSTREAM:
        common = git("merge-base", "HEAD", branch)
        if common and (found := common.decode().strip()) != commit("HEAD"):
            return found[:12]
    return "HEAD^" if commit("HEAD^") else None


def put(revision: str, folder: Path, names: tuple[str, ...], where: Path) -> list[str]:
    """Write the revision's files of a folder below another one, and give the names of those that it lacks."""
    missing = []
    for name in names:
        content = git("show", f"{revision}:{(folder / name).as_posix()}")
        if content is None:
            missing.append(name)
        else:
            where.mkdir(parents=True, exist_ok=True)
            (where / name).write_bytes(content)
    return missing


def differences_since(revision: str, folder: Path, what: str) -> str:
    """A table of what changed in the results or the baseline, and the verdicts that did, as Markdown.

    folder: where these files are now, and were then.
    """
    with TemporaryDirectory() as name:
        then = Path(name, "then")
        if missing := put(revision, folder, FILES, then):
            return f"{revision} has no {folder / missing[0]}: everything is new.\n"
        try:
            text, _ = differences(folder, then, f"{what} from {revision}")
        except RegressionError as error:
            return f"The files of {revision} cannot be compared: {str(error).replace(str(then), revision)}\n"
        if put(revision, folder, (verdicts.NAME,), then):
            return f"{text}\n{revision} has no {folder / verdicts.NAME}: every verdict is new.\n"
        try:
            changed = [f"- {line}" for line in verdicts.changed(folder, then, revision)]
        except RegressionError as error:
            return f"{text}\nThe verdicts of {revision} cannot be compared: {str(error).replace(str(then), revision)}\n"
        return "\n".join([text, *changed, *[""] * bool(changed)])


def entries_at(revision: str) -> dict[str, lockfile.Entry]:
    """The stages of the revision's dvc.lock; none where it has no such file, or one that cannot be read."""
    content = git("show", f"{revision}:{lockfile.FILE}")
    with TemporaryDirectory() as name:
        file = Path(name, lockfile.FILE)
        file.write_bytes(content or b"")
        try:
            return lockfile.read(file)
        except Exception:  # DVC's own class of errors, which is not loaded yet
            return {}


def remade(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Stages of which an output is another one, a line for those of one kind: first those that nothing explains.

    old, new: the stages of dvc.lock. Times of computation do not count.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for stage in [stage for stage in new if stage in old]:
        before, after = (_hashes(entries[stage], "outs") for entries in (old, new))
        if other := [name for name in after if before.get(name) != after[name] and not name.endswith("_time.json")]:
            same = _hashes(old[stage], "deps") == _hashes(new[stage], "deps") and _params(old[stage]) == _params(
                new[stage]
            )
            alike.setdefault((UNCHANGED if same else "made anew", ", ".join(other)), []).append(stage)
    lines = [(how != UNCHANGED, f"{first_of(stages)}: {files}, {how}") for (how, files), stages in alike.items()]
    return [line for _, line in sorted(lines)]


def _hashes(entry: Mapping[str, Any], kind: str) -> dict[str, str]:
    """By the files' names, as they may have moved together; by the paths of those that have the same name."""
    hashes = {Path(file["path"]): file["md5"] for file in entry.get(kind, [])}
    same = Counter(path.name for path in hashes)
    return {path.name if same[path.name] == 1 else path.as_posix(): md5 for path, md5 in hashes.items()}


def _params(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Without the names of their files, which may have moved."""
    return list(entry.get("params", {}).values())


def accepted_anew(revision: str) -> Iterator[str]:
    """How accepted.json differs from the revision's: a file that was changed by hand, a tolerance that was raised."""
    content = git("show", f"{revision}:{ACCEPTED.as_posix()}")
    if content is None or not ACCEPTED.exists():
        yield f"{ACCEPTED}: {revision} has none" if content is None else f"{ACCEPTED} is missing"
        return
    try:
        old, new = (json.loads(text) for text in (content, ACCEPTED.read_bytes()))
        if old["standard_errors"] != new["standard_errors"]:
            yield f"the tolerance: {new['standard_errors']} standard errors instead of {old['standard_errors']}"
        for file in sorted(old["files"].keys() | new["files"].keys()):
            if old["files"].get(file) != new["files"].get(file):
                how = (
                    "no more" if file not in new["files"] else "anew" if file in old["files"] else "for the first time"
                )
                yield f"{file}: accepted {how}"
    except (ValueError, LookupError, TypeError) as error:
        yield f"{ACCEPTED} cannot be compared with that of {revision}: {error}"


def other_checks(revision: str, program: Program) -> Iterator[str]:
    """Modules of this check that are not what they were; a comment or a docstring does not count."""
    then, stages = at_revision(revision), Path(__file__).parents[1]
    files = sorted(file for file in Path(__file__).parent.rglob("*.py") if file.stem != "__init__")
    own = (".".join(("stages", *file.relative_to(stages).with_suffix("").parts)) for file in files)
    for module in (*own, *BESIDE):
        try:
            if then is None or then.own(module) != program.own(module):
                yield f"{module}: the check itself is another one"
        except FingerprintError:
            yield f"{module}: {revision} has no such module, and checked without it"


def changes(revision: str, results: Path, baseline: Path, entries: Mapping[str, Any], program: Program) -> str:
    """All that changed, as Markdown.

    results, baseline: their folders. entries: of dvc.lock. program: the code that runs.
    """
    text = differences_since(revision, results, "Differences")
    text += "\n" + differences_since(revision, baseline, "Baseline: differences")
    lines = [*remade(entries_at(revision), entries), *accepted_anew(revision), *other_checks(revision, program)]
    listed = [f"- {line}" for line in lines] or ["- nothing"]
    return "\n".join([text, f"## Other outputs and checks than at {revision}", "", *listed, ""])
