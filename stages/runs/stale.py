"""Results that are older than the code or the parameters: which, what differs, and the revision that made them."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from stages.runs.fingerprint import FingerprintError, Program
from stages.runs.run_stages import RUN_STAGES

MOST_NAMED = 5  # of the modules that differ
# By the program's id, with the program itself, so that no other one gets this id.
OWN_CODES: dict[int, tuple[Program, dict[tuple[str, ...], dict[str, str]]]] = {}


class Made(NamedTuple):
    """How a run's results were made, as recorded with them."""

    run: str
    config: Mapping[str, Any]  # its parameters
    code: Mapping[str, str | None]  # stage -> fingerprint
    revisions: Sequence[str]  # at which some of it was made


class Stale(NamedTuple):
    """Results of one stage that the present code or parameters might not reproduce."""

    stage: str
    runs: tuple[str, ...]
    why: str
    revision: str | None  # that has the code which made them, if it is known

    @property
    def which(self) -> str:
        return f"{self.runs[0]}{f' and {len(self.runs) - 1} more' if len(self.runs) > 1 else ''}"

    def __str__(self) -> str:
        made = f", made at revision {self.revision}" if self.revision else ""
        return f"{self.stage}@{self.which}: {self.why}{made}"


def stale(results: Sequence[Made], configs: Mapping[str, Mapping[str, Any]], program: Program) -> list[Stale]:
    """configs: run -> its resolved configuration now; results of other runs are left out."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for made in results:
        for stage in RUN_STAGES if made.run in configs else ():
            for why, revision in reasons(made, stage, configs[made.run], program):
                found.setdefault((stage, why, revision), []).append(made.run)
    return [Stale(stage, tuple(runs), why, revision) for (stage, why, revision), runs in found.items()]


def reasons(made: Made, stage: str, config: Mapping[str, Any], program: Program) -> Iterator[tuple[str, str | None]]:
    """Why the stage's results might differ now, and the revision that has the code which made them."""
    cell = (stage, config["run"]["dataset"], config["run"]["method"])
    code = made.code.get(stage)
    if changed := changed_settings(made.config, config, RUN_STAGES[stage].sections):
        yield f"other parameters: {', '.join(changed)}", revision_of(code, made.revisions, cell)
    if code != program.of_stage(*cell):
        yield other_code(code, made.revisions, cell, program)


def other_code(
    code: str | None, revisions: Sequence[str], cell: tuple[str, str, str], program: Program
) -> tuple[str, str | None]:
    """That the code is not the program's, with the modules that differ, and the revision that has it, if known."""
    revision = revision_of(code, revisions, cell)
    old = at_revision(revision) if revision else None
    modules = changed_modules(program, old, cell) if old else ""
    return f"other code{f': {modules}' if modules else ''}", revision


def revision_of(code: str | None, candidates: Sequence[str], cell: tuple[str, str, str]) -> str | None:
    """The first of these revisions that has this code; None if none has, or none is in this clone."""
    for revision in candidates:
        program = at_revision(revision)
        try:
            if program is not None and program.of_stage(*cell) == code:
                return revision
        except FingerprintError:  # it has no such method or data set
            continue
    return None


def changed_settings(old: Mapping[str, Any], new: Mapping[str, Any], sections: Sequence[str]) -> list[str]:
    """The names of the parameters that differ, as section.name."""
    names = [(s, key) for s in sections for key in sorted({*old.get(s, {}), *new[s]})]
    return [f"{s}.{key}" for s, key in names if old.get(s, {}).get(key) != new[s].get(key)]


def changed_modules(program: Program, old: Program, cell: tuple[str, str, str]) -> str:
    """The modules whose own code differs: those of the present code, then those that no longer exist.

    By name if they are few; a longer list says no more than their number, and git has it for the revision.
    """
    before, after = (own_codes(each, each.entry_points(*cell)) for each in (old, program))
    changed = {module for module, own in after.items() if own not in before.values()}
    gone = {module for module, own in before.items() if own not in after.values() and module not in after}
    names = [*sorted(changed), *(f"{module} (gone)" for module in sorted(gone))]
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} modules"


def own_codes(program: Program, entry_points: tuple[str, ...]) -> dict[str, str]:
    """Of each module that the entry points reach. Asked for again by each run, seed and supplement."""
    _, known = OWN_CODES.setdefault(id(program), (program, {}))
    if entry_points not in known:
        known[entry_points] = {module: program.own(module) for module in program.closure(entry_points)}
    return known[entry_points]


@cache
def at_revision(revision: str) -> Program | None:
    """The project as it was; None if git or this clone does not have the revision."""
    commit = revision.removesuffix("-dirty")
    try:
        listed = git("ls-tree", "-r", "--name-only", commit, "--", "stages", "vhp")
    except (OSError, subprocess.CalledProcessError):
        return None
    files = set(listed.splitlines())

    @cache
    def read(path: Path) -> str | None:
        return git("show", f"{commit}:{path.as_posix()}") if path.as_posix() in files else None

    return Program(read)


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=True).stdout
