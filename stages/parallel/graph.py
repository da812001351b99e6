"""The pipeline as a graph: what has to run, and after what."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

Graph = Mapping[str, set[str]]  # stage -> the stages that it depends on


@dataclass(frozen=True)
class Pipeline:
    """The pipeline as it is now."""

    graph: Graph  # in an order in which it could be run
    changed: set[str]  # stages that DVC finds changed
    inputs: Mapping[str, list[str]]  # stage -> the outputs of other stages that it reads, paths as in dvc.yaml


def read_pipeline() -> Pipeline:
    # Imported here: it takes most of a second, which the tests of the scheduling need not wait for.
    from dvc.repo import Repo

    with Repo(_wait_for_lock=True) as repo:
        needs = {stage.addressing: {s.addressing for s in repo.index.graph[stage]} for stage in repo.index.graph}
        graph = {stage: needs[stage] for stage in TopologicalSorter(needs).static_order()}
        outputs = {out.fs_path: out.def_path for stage in repo.index.stages for out in stage.outs}
        inputs = {
            stage.addressing: sorted({outputs[path] for dep in stage.deps for path in around(dep.fs_path, outputs)})
            for stage in repo.index.stages
        }
        return Pipeline(graph, set(repo.status()), inputs)


def around(path: str, outputs: Mapping[str, str]) -> list[str]:
    """Of the outputs, path itself or a folder around it; below path for a folder that is no output itself."""
    parts = path.split("/")
    if found := [p for i in range(len(parts), 0, -1) if (p := "/".join(parts[:i])) in outputs]:
        return found[:1]
    return [p for p in outputs if p.startswith(f"{path}/")]


def affected(graph: Graph, changed: set[str]) -> set[str]:
    """The changed stages and all that depend on them, directly or not."""
    found = set(changed) & set(graph)
    while more := {stage for stage, needs in graph.items() if needs & found} - found:
        found |= more
    return found


def needed(graph: Graph, names: set[str]) -> set[str]:
    """The stages with the given names (of a matrix all its stages) and all that they depend on, directly or not.

    Raises ValueError for a name that no stage has.
    """
    known = {stage.partition("@")[0] for stage in graph}
    if unknown := names - known:
        raise ValueError(f"found no stage {', '.join(sorted(unknown))}, expected one of {', '.join(sorted(known))}")
    found = {stage for stage in graph if stage.partition("@")[0] in names}
    while more := {need for stage in found for need in graph[stage]} - found:
        found |= more
    return found
