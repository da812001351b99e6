"""Each bug that `make mutations` plants still has its place, and its tests: it runs too seldom to say so itself."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MUTATIONS = runpy.run_path(str(ROOT / "tests/mutations/planted.py"))["MUTATIONS"]


@pytest.mark.parametrize("bug", MUTATIONS, ids=lambda bug: bug.breaks)
def test_the_text_to_change_occurs_once_and_the_tests_exist(bug):
    assert (ROOT / bug.file).read_text(encoding="utf-8").count(bug.old) == 1
    assert bug.new != bug.old and all((ROOT / test).is_file() for test in bug.tests)
