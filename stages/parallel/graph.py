"""The pipeline as a graph: what has to run, and after what."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from pathlib import PurePath

from stages.parallel import lockfile

ABSENT = {"deleted", "not in cache"}  # in DVC's words
Graph = Mapping[str, set[str]]  # stage -> the stages that it depends on


@dataclass(frozen=True)
class Pipeline:
    """The pipeline as it is now."""

    graph: Graph  # in an order in which it could be run
    changed: set[str]  # stages that DVC finds changed
    inputs: Mapping[str, list[str]]  # stage -> the outputs of other stages that it reads, paths as in dvc.yaml
    outdated: Set[str] = frozenset()  # of the changed ones, those that only dvc.lock shows to be


def read_pipeline(allow_missing: bool = False) -> Pipeline:
    """allow_missing: missing files count as unchanged, as for `dvc repro --allow-missing`.

    Unlike DVC, not if dvc.lock has another hash for them as an output than as the dependency of a later stage.
    """
    # A late import: it takes most of a second, for which the tests of the scheduling need not wait.
    from dvc.repo import Repo

    with Repo(_wait_for_lock=True) as repo:
        needs = {stage.addressing: {s.addressing for s in repo.index.graph[stage]} for stage in repo.index.graph}
        graph = {stage: needs[stage] for stage in TopologicalSorter(needs).static_order()}
        dependencies = {stage.addressing: {dep.def_path for dep in stage.deps} for stage in repo.index.stages}
        inputs = reading(dependencies, {out.def_path for stage in repo.index.stages for out in stage.outs})
        status = repo.status()
        if not allow_missing:
            return Pipeline(graph, set(status), inputs)
        entries = {stage: entry for stage, entry in lockfile.read().items() if stage in graph}
        outdated = {stage for stage, *_ in lockfile.broken_chains(entries)}
        return Pipeline(graph, {s for s in status if not only_missing(status[s])} | outdated, inputs, outdated)


def only_missing(changes: Sequence[str | Mapping[str, Mapping[str, str | Mapping[str, str]]]]) -> bool:
    """Whether missing files are all that `dvc status` reports of a stage; of parameters it reports which changed."""
    said = [
        how for change in changes if isinstance(change, Mapping) for files in change.values() for how in files.values()
    ]
    return all(isinstance(change, Mapping) for change in changes) and all(
        isinstance(how, str) and how in ABSENT for how in said
    )


def reading(dependencies: Mapping[str, set[str]], outputs: Set[str]) -> dict[str, list[str]]:
    """Stage -> the outputs that it reads: a dependency itself, the folder around it, or what is below it."""
    below: dict[str, set[str]] = {}
    for output in outputs:
        for folder in PurePath(output).parents:
            below.setdefault(str(folder), set()).add(output)

    def read(path: str) -> set[str]:
        around = {str(p) for p in (PurePath(path), *PurePath(path).parents)} & outputs
        return around or below.get(path, set())

    # Many stages have the same dependencies.
    known = {path: read(path) for path in set().union(*dependencies.values())}
    return {stage: sorted(set().union(*(known[path] for path in paths))) for stage, paths in dependencies.items()}


def affected(graph: Graph, changed: set[str]) -> set[str]:
    """The changed stages and all that depend on them, directly or not."""
    found = set(changed) & set(graph)
    while more := {stage for stage, needs in graph.items() if needs & found} - found:
        found |= more
    return found


def needed(graph: Graph, names: set[str]) -> set[str]:
    """The stages with the given names and all that they depend on, directly or not.

    names: "train" for all of a matrix, "train@digits-vhp_rewo-0" for one of it, "*@digits-*" as in file names.
    Raises ValueError for a name that no stage has.
    """
    matching = {name: [s for s in graph if name == s.partition("@")[0] or fnmatchcase(s, name)] for name in names}
    if unknown := sorted(name for name, stages in matching.items() if not stages):
        known = sorted({stage.partition("@")[0] for stage in graph})
        raise ValueError(
            f"found no stage {', '.join(unknown)}, expected one of {', '.join(known)}, or one of a matrix, for "
            f"instance {next((stage for stage in graph if '@' in stage), known[0])}"
        )
    found = {stage for stages in matching.values() for stage in stages}
    while more := {need for stage in found for need in graph[stage]} - found:
        found |= more
    return found
