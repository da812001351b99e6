"""dvc.yaml lists, file by file, the code that each stage runs: no more, so that little reruns, and no less."""

import ast
import sys
from pathlib import Path

import pytest
import yaml

from stages.elsewhere import record
from vhp import datasets, methods

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
ITEM = {"${item.dataset}": datasets.names(), "${item.method}": methods.names()}


def file_of(module: str) -> str | None:
    """The file of a module of this project, relative to the root."""
    path = Path(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if (ROOT / candidate).exists():
            return candidate.as_posix()
    return None


def imports(file: str) -> set[str]:
    """Files of this project that a file imports itself, and the packages around them."""
    modules = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    parents = {".".join(m.split(".")[:i]) for m in modules for i in range(1, m.count(".") + 1)}
    return {f for m in modules | parents if (f := file_of(m))}


def closure(files: set[str]) -> set[str]:
    """The files and all that they import, directly or not."""
    todo, seen = list(files), set()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += imports(file)
    return seen


def listed(stage: str) -> set[str]:
    """The code files that a stage depends on: placeholders filled with every name, folders with their files."""
    files = set()
    for dep in STAGES[stage]["deps"]:
        names = [dep]
        for placeholder, values in ITEM.items():
            names = [n.replace(placeholder, v) for n in names for v in (values if placeholder in n else [""])]
        for name in names:
            path = ROOT / name
            files |= {f.relative_to(ROOT).as_posix() for f in path.rglob("*.py")} if path.is_dir() else {name}
    return {f for f in files if f.endswith(".py")}


def entry_points(stage: str) -> set[str]:
    """The stage's script, and what it may load by name: what its list has of methods, data sets and figures."""
    by_name = {file for file in listed(stage) if file.startswith(("vhp/datasets/", "vhp/methods/", "vhp/figures/"))}
    return {f"stages/{stage}.py"} | by_name


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_that_it_imports(stage):
    assert listed(stage) == closure(entry_points(stage))


@pytest.mark.parametrize("stage", ["train", "evaluate", "interpolate"])
def test_a_run_depends_on_its_data_set_and_its_method(stage):
    assert {f"vhp/datasets/{d}/__init__.py" for d in datasets.names()} <= listed(stage)
    assert {f"vhp/methods/{m}.py" for m in methods.names()} <= listed(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_its_own_script(stage):
    assert STAGES[stage]["cmd"].startswith(f"python -m stages.{stage}")


@pytest.mark.parametrize("stage", ["train", "evaluate", "cells"])
def test_training_and_evaluation_import_nothing_that_a_bare_gpu_machine_lacks(stage):
    allowed = {"torch", "numpy", "safetensors", "tqdm", "stages", "vhp"}
    found = set()
    for file in closure(entry_points(stage) if stage in STAGES else {f"stages/{stage}.py"}):
        # Imports at the top of a file only: those inside functions are made for other stages.
        for node in ast.parse((ROOT / file).read_text()).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    assert found - set(sys.stdlib_module_names) - allowed == set()


def test_the_library_knows_nothing_of_the_pipeline():
    for file in (ROOT / "vhp").rglob("*.py"):
        names = {n for n in imports(file.relative_to(ROOT).as_posix()) if n.startswith("stages")}
        assert names == set(), file


@pytest.mark.parametrize("stage", record.STAGES)
def test_a_record_names_the_outputs_of_its_stage(stage):
    """Those of dvc.yaml: a new one must be brought back from a machine without DVC, too."""
    declared = [STAGES[stage].get(kind, []) for kind in ("outs", "metrics", "plots")]
    names = {Path(next(iter(out)) if isinstance(out, dict) else out).name for kind in declared for out in kind}
    assert names == set(record.OUTPUTS[stage])


def test_what_the_report_keeps_is_in_git_and_survives_its_next_run():
    """DVC removes a stage's outputs before it runs, unless they persist."""
    outs = {name: flags for out in STAGES["report"]["outs"] for name, flags in out.items()}
    for name in ("kept", "figures"):
        assert outs["reports/${budget}/" + name] == {"cache": False, "persist": True}
