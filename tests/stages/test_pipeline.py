"""dvc.yaml, the modules and their imports fit together."""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from stages.elsewhere import record
from stages.runs.fingerprint import ENTRY_POINTS, LOAD_BY_NAME, Program
from stages.runs.run_stages import RUN_STAGES
from vhp import datasets, methods

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
MODULES = [p.relative_to(ROOT) for folder in ("stages", "vhp") for p in sorted((ROOT / folder).rglob("*.py"))]
MOST_MODULES = 15  # in one folder: more cannot be surveyed at a glance


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(scope="module")
def program() -> Program:
    return Program()


def test_every_stage_has_its_script_and_its_entry_points():
    assert set(ENTRY_POINTS) == set(STAGES) - {"configure"}
    for name, stage in STAGES.items():
        assert stage["cmd"].startswith(f"python -m stages.{name}")
        assert name == "configure" or ENTRY_POINTS[name][0] == f"stages.{name}"


def test_every_stage_depends_on_the_fingerprint_of_its_code():
    for name, stage in STAGES.items():
        if name != "configure":
            keys = [key for file in stage["params"] for section in file.values() for key in section]
            assert {"section": "sections.${item.dataset}"}.get(name, f"code.{name}") in keys
            assert not any(dep.startswith(("stages", "vhp")) for dep in stage.get("deps", []))


@pytest.mark.parametrize("name", RUN_STAGES)
def test_what_a_stage_of_a_run_depends_on_and_makes_is_what_dvc_yaml_says(name):
    """Checkpoints, records of other machines, the report and what is stale go by it."""
    [(_, keys)] = STAGES[name]["params"][0].items()
    assert keys == [*RUN_STAGES[name].sections, f"code.{name}"]
    declared = [out for kind in ("outs", "metrics", "plots") for out in STAGES[name].get(kind, [])]
    names = {Path(next(iter(out)) if isinstance(out, dict) else out).name for out in declared}
    assert names == set(RUN_STAGES[name].outputs)


@pytest.mark.parametrize("module", ["stages.train", "stages.evaluate", "stages.elsewhere.work"])
def test_training_and_evaluation_import_nothing_that_a_bare_gpu_machine_lacks(program, module):
    allowed = {"torch", "numpy", "safetensors", "tqdm", "stages", "vhp"}
    entry_points = [
        module,
        *(f"vhp.methods.{m}" for m in methods.names()),
        *(f"vhp.datasets.{d}" for d in datasets.names()),
    ]
    found = set()
    for name in program.closure(tuple(entry_points)):
        # Imports at the top of a file only: those inside functions are made for other stages.
        for node in ast.parse(program.text(name)).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    assert found - set(sys.stdlib_module_names) - allowed == set()


def test_the_library_knows_nothing_of_the_pipeline(program):
    library = tuple(name_of(path) for path in MODULES if path.parts[0] == "vhp")
    assert not {name for name in program.closure(library) if name.startswith("stages")}


def test_imports_run_in_no_circle(program):
    """A fingerprint is computed from those of the imports: a circle has none."""
    for path in MODULES:
        assert program.fingerprint(name_of(path))


def test_no_folder_has_more_modules_than_are_taken_in_at_a_glance():
    sizes = Counter(str(path.parent) for path in MODULES if path.name != "__init__.py")
    assert {folder: n for folder, n in sizes.items() if n > MOST_MODULES} == {}


def test_a_package_on_the_way_to_a_module_only_defines_things():
    """It runs when the module is imported, but counts for fingerprints only where it is imported itself."""
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    for path in MODULES:
        if path.name == "__init__.py":
            for node in ast.parse((ROOT / path).read_text()).body:
                docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
                for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
                assert docstring or for_types or isinstance(node, allowed), f"{path}, line {node.lineno}"


def test_records_of_other_machines_are_of_stages_of_a_run():
    assert set(record.STAGES) <= set(RUN_STAGES)


def test_what_is_loaded_by_name_is_loaded_where_it_is_declared(program):
    assert all(program.text(name) for name in LOAD_BY_NAME)
