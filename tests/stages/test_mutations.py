"""The table of planted bugs keeps up with the code: `make mutations` itself takes minutes."""

import ast
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/mutations"))

from planted import MUTATIONS, Mutation  # noqa: E402 - the folder is a script, not a package


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[m.breaks for m in MUTATIONS])
def test_each_bug_can_be_planted(mutation: Mutation):
    text = (ROOT / mutation.file).read_text()
    assert text.count(mutation.old) == 1
    planted = text.replace(mutation.old, mutation.new)
    assert ast.dump(ast.parse(planted)) != ast.dump(ast.parse(text))
    assert all((ROOT / test).exists() for test in mutation.tests)


PROGRAM = runpy.run_path(str(ROOT / "tests/mutations/__main__.py"), run_name="mutations")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("test_b[x-1] - assert 1 == 2", "test_b[x-1]"),
        ("test_b - AssertionError: Tensor-likes are not close!", "test_b"),
        ("test_b", "test_b"),
        ("test_b - Failed: DID NOT RAISE <class 'ValueError'>", "test_b"),
        ("test_b - vhp.training.divergence.TrainingDivergedError: epoch 1", "test_b, TrainingDivergedError"),
    ],
)
def test_a_bug_is_caught_by_an_assertion_or_the_exception_is_named(said, expected):
    report = f"F\n=== short test summary info ===\nFAILED tests/a/test_a.py::{said}\n1 failed\n"
    assert PROGRAM["caught_by"](report) == expected


def test_planted_text_that_cannot_run_is_no_bug_that_a_test_found():
    with pytest.raises(PROGRAM["FaultError"], match="name 'plain' is not defined: expected a number"):
        PROGRAM["caught_by"]("FAILED tests/test_a.py::test_b - NameError: name 'plain' is not defined\n")
    assert PROGRAM["caught_by"]("ERROR tests/test_a.py - SyntaxError: invalid syntax\n") is None
