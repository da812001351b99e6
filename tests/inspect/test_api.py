"""The reference in docs/api: what a small package gives, and that the committed one is today's."""

import ast
import re
from pathlib import Path

import pytest

from stages.inspect import api

ROOT = Path(__file__).parents[2]
MODULE = '''"""A module of `two_words` and a * b.

name    what it is
"""

import math


class Point:
    """A point. x < y is not asked."""

    x: int  # pixels
    _hidden: int = 0

    def __init__(self, x: int):
        """x: where."""
        self.x = x

    def __repr__(self):
        """Not shown."""

    @property
    def norm(self) -> float:
        """Its distance."""


def long(first: str, second: tuple[str, ...] = ("a", "b"), *others: int, third: dict[str, int] | None = None) -> list:
    """Many arguments."""


def _private():
    """Not shown."""
'''
EXPECTED = """## `vhp.small`

A module of `two_words` and a \\* b.

```text
name    what it is
```

### `Point`

```python
class Point:
    x: int  # pixels
    def __init__(self, x: int)
```

A point. x < y is not asked.

x: where.

```python
@property
def norm(self) -> float
```

Its distance.

### `long`

```python
def long(
    first: str,
    second: tuple[str, ...] = ('a', 'b'),
    *others: int,
    third: dict[str, int] | None = None,
) -> list
```

Many arguments.
"""


def test_a_module_is_described_by_signatures_fields_and_docstrings(tmp_path):
    path = tmp_path / "vhp" / "small.py"
    path.parent.mkdir()
    path.write_text(MODULE)
    assert api._page("small", [path]).endswith("\n\n" + EXPECTED)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return api.reference(ROOT / "vhp")


def test_the_committed_reference_is_that_of_the_docstrings(files):
    committed = {path.name: path.read_text() for path in (ROOT / "docs" / "api").glob("*.md")}
    assert committed.keys() == files.keys()
    assert [name for name in files if files[name] != committed[name]] == [], "`make docs` writes docs/api anew"


def test_every_signature_has_the_arguments_of_the_function():
    functions = [node for path in (ROOT / "vhp").rglob("*.py") for node in ast.walk(api._tree(path))]
    functions = [node for node in functions if isinstance(node, ast.FunctionDef)]
    assert len(functions) > 300
    for node in functions:
        [again] = ast.parse(f"{api._signature(node)}: ...").body
        assert ast.dump(again.args) == ast.dump(node.args) and ast.unparse(again.args) == ast.unparse(node.args)


def test_every_link_leads_to_a_page(files):
    found = {link for text in files.values() for link in re.findall(r"\]\(([\w.]+)\)", text)}
    assert found == files.keys() - {"README.md"}


def test_the_front_door_is_on_the_first_page(files):
    assert "\n## `load`\n" in files["README.md"]
    assert all(f"def {name}(" in files["trained.md"] for name in ("encode", "decode", "sample", "nll", "interpolate"))
