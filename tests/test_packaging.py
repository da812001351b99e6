"""What `pip install .` brings is what the library imports; `[pipeline]` adds what the stages do."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import yaml

import vhp

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml", "ruamel": "ruamel.yaml.clib"}
DISTRIBUTIONS |= {"dvc_render": "dvc-render"}
# Imported late, by LatentGraph.to_networkx alone: whoever calls it has it.
OPTIONAL = {"networkx"}
# Of machines that share work, with what Dask brings; and DVC's own parts.
ELSEWHERE = {"distributed", "dask", "cloudpickle", "dask_jobqueue", "cryptography"}


def imported(folder: str) -> set[str]:
    """Third-party packages, also those that are imported late, by the name of their distribution."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    return {DISTRIBUTIONS.get(name, name) for name in found - sys.stdlib_module_names - {"vhp", "stages"}}


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements}


def test_the_library_brings_what_it_imports_and_no_more():
    assert names(PROJECT["dependencies"]) == imported("vhp") - OPTIONAL


def test_the_pipeline_brings_what_the_stages_import():
    brought = names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"]["pipeline"])
    assert imported("stages") - ELSEWHERE <= brought
    assert names(PROJECT["optional-dependencies"]["pipeline"]) <= imported("stages")


def test_the_lock_pins_every_requirement_once():
    pins = [line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines()]
    pinned = {name.lower().replace("_", "-"): version for name, version in pins}
    assert len(pinned) == len(pins)
    wanted = PROJECT["dependencies"] + [
        r for extra in ("pipeline", "dev") for r in PROJECT["optional-dependencies"][extra]
    ]
    assert {name.lower() for name in names(wanted)} - {"vhp"} <= pinned.keys()
    # torch has a range for users of the library, and a pin for results.
    low, high = re.fullmatch(r"torch>=([\d.]+),<(\d+)", PROJECT["dependencies"][0]).groups()
    assert [*map(int, low.split("."))] <= [*map(int, pinned["torch"].split("."))] < [int(high)]


def test_the_wheel_has_what_the_library_reads():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    data = {
        path.relative_to(ROOT)
        for path in (ROOT / "vhp").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    own = tool["package-data"].pop("*")
    packaged = {Path(*package.split("."), file) for package, files in tool["package-data"].items() for file in files}
    assert packaged == {path for path in data if not any(map(path.match, own))} and Path("vhp", "py.typed") in data
    assert tool["dynamic"]["version"] == {"attr": "vhp.__version__"}


def test_the_citation_is_of_this_version_and_names_no_licence():
    """The licence is the owner's choice, and not made yet."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert str(citation["version"]) == vhp.__version__
    assert {"cff-version", "message", "title", "authors"} <= citation.keys() and "license" not in citation
    assert "license" not in PROJECT and not list(ROOT.glob("LICEN[CS]E*"))
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:1905.04982"
