"""mypy leaves out no module but those that a stage's fingerprint covers, which only this excuses."""

import tomllib
from itertools import product
from pathlib import Path

from stages.runs.fingerprint import ENTRY_POINTS, Program
from vhp import datasets, methods

ROOT = Path(__file__).parents[2]


def test_only_modules_with_a_fingerprint_are_not_checked():
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    unchecked = [module for override in overrides if override.get("ignore_errors") for module in override["module"]]
    program = Program()
    cells = product(ENTRY_POINTS, datasets.names(), methods.names())
    covered = program.closure(tuple({module for cell in cells for module in program.entry_points(*cell)}))
    assert unchecked and set(unchecked) <= covered
    assert len(unchecked) == len(set(unchecked))
