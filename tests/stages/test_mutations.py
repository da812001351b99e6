"""The table of planted bugs keeps up with the code: `make mutations` itself takes minutes."""

import ast
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
