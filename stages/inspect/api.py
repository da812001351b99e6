"""The library's reference from its docstrings: `make docs` writes docs/api/, a file per package, and an index.

Nothing is imported: signatures and docstrings are read from the syntax trees, the fields of classes with the comments
beside them from the text.
"""

import argparse
import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.command import command
from stages.files import write_text
from stages.reports.table import escaped

LIBRARY, FOLDER = Path("vhp"), Path("docs", "api")
# The packages whose modules are described; of the others, a module per data set or figure, the index has a line each.
WHOLE = ("model", "objective", "methods", "training", "likelihood", "latent", "device")
WIDEST = 100  # characters of a signature on one line
CODE, CORE = re.compile(r"(`[^`]+`)"), re.compile(r"\S.*\S|\S")
HEAD = "Made from the docstrings by `make docs`."


def reference(library: Path) -> dict[str, str]:
    """File name in docs/api -> content."""
    files = {f"{name}.md": _page(name, _modules(library / name)) for name in WHOLE}
    loose = [
        library / "trained.py",
        *(path for path in _modules(library / "datasets") if path.parent.name == "datasets"),
    ]
    files["README.md"] = _index(library)
    files["trained.md"] = _page("trained", loose[:1])
    return files | {"datasets.md": _page("datasets", loose[1:])}


def _modules(folder: Path) -> list[Path]:
    """A package's own module first, then its modules and packages by name."""
    return sorted(folder.rglob("*.py"), key=lambda path: (path.parent, path.name != "__init__.py", path.name))


def _index(library: Path) -> str:
    tree = _tree(library / "__init__.py")
    lines = ["# The library", "", HEAD, "", *_prose(ast.get_docstring(tree)), *_members(library / "__init__.py", "")]
    lines += ["## Packages", ""]
    for name in ("trained", *WHOLE, "datasets"):
        path = library / name / "__init__.py" if (library / name).is_dir() else library / f"{name}.py"
        lines.append(f"- [vhp.{name}]({name}.md): {_summary(path)}")
    lines += ["", "## Data sets and figures", ""]
    others = [*sorted((library / "datasets").glob("*/__init__.py")), *_modules(library / "figures")]
    lines += [f"- `{_name(path)}`: {_summary(path)}" for path in others]
    return "\n".join(lines) + "\n"


def _page(name: str, modules: Sequence[Path]) -> str:
    lines = [f"# vhp.{name}", "", HEAD, ""]
    for path in modules:
        lines += [f"## `{_name(path)}`", "", *_prose(ast.get_docstring(_tree(path))), *_members(path, "#")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _members(path: Path, level: str) -> Iterator[str]:
    """The public classes and functions that the module defines."""
    source = path.read_text(encoding="utf-8")
    for node in _public(_tree(path).body):
        yield from (f"##{level} `{node.name}`", "", "```python")
        if isinstance(node, ast.ClassDef):
            yield from _class(node, source.splitlines())
        else:
            yield from (_signature(node), "```", "", *_prose(ast.get_docstring(node)))


def _public(body: Sequence[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _class(node: ast.ClassDef, lines: Sequence[str]) -> Iterator[str]:
    bases = ", ".join(map(ast.unparse, node.bases))
    yield f"class {node.name}({bases}):" if bases else f"class {node.name}:"
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and not ast.unparse(field.target).startswith("_"):
            yield from lines[field.lineno - 1 : field.end_lineno]
    made = [method for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"]
    yield from (f"    {line}" for method in made for line in _signature(method).splitlines())
    yield from ("```", "", *_prose(ast.get_docstring(node)))
    for method in made:
        yield from _prose(ast.get_docstring(method))
    for member in _public(node.body):
        if isinstance(member, ast.FunctionDef):
            decorators = [f"@{ast.unparse(d)}" for d in member.decorator_list if ast.unparse(d).endswith("property")]
            yield from ("```python", *decorators, _signature(member), "```", "")
            yield from _prose(ast.get_docstring(member))


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"def {node.name}({ast.unparse(node.args)}){returns}"
    if len(line) <= WIDEST:
        return line
    a = node.args
    given = [*[None] * (len(a.args) - len(a.defaults)), *a.defaults, *a.kw_defaults]
    names = [*map(ast.unparse, a.args), *map(ast.unparse, a.kwonlyargs)]
    rows = [
        name if value is None else f"{name} = {ast.unparse(value)}" for name, value in zip(names, given, strict=True)
    ]
    rows[len(a.args) : len(a.args)] = [f"*{ast.unparse(a.vararg)}"] if a.vararg else ["*"] if a.kwonlyargs else []
    rows += [f"**{ast.unparse(a.kwarg)}"] if a.kwarg else []
    return "\n".join([f"def {node.name}(", *(f"    {row}," for row in rows), f"){returns}"])


def _prose(text: str | None) -> list[str]:
    """A docstring as Markdown: its paragraphs, and what is indented or set in columns as it stands."""
    lines: list[str] = []
    for paragraph in (text or "").strip("\n").split("\n\n"):
        rows = paragraph.splitlines()
        if any(row.startswith("    ") for row in rows) or any("  " in row.strip() for row in rows):
            lines += ["```text", *rows, "```", ""]
        elif paragraph.strip():
            lines += [*map(_line, rows), ""]
    return lines


def _line(text: str) -> str:
    """Escaped, but for code in backticks."""
    parts = CODE.split(text)  # every second one is code
    # Outside a table a bar is a bar.
    parts[::2] = [CORE.sub(lambda core: escaped(core[0]).replace(r"\|", "|"), part) for part in parts[::2]]
    return "".join(parts)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _summary(path: Path) -> str:
    return _line(" ".join((ast.get_docstring(_tree(path)) or "").split("\n\n")[0].split()))


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[parts.index("vhp") :]).removesuffix(".__init__")


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("docs"):
        files = reference(LIBRARY)
        for old in set(FOLDER.glob("*.md")) - {FOLDER / name for name in files}:
            old.unlink()
        for name, text in files.items():
            write_text(FOLDER / name, text)


if __name__ == "__main__":
    main()
