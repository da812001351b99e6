"""Which program a stage runs, as a checksum: equal for equal code, whatever its comments, layout and file names.

A module's fingerprint is a hash of its syntax tree without docstrings and positions, in which each module of this
project that it imports is represented by its own fingerprint. So it covers all that is imported, directly or not; a
file keeps its fingerprint when it is moved or renamed; and one changed number in a density changes exactly the stages
that compute with it. What is imported by a computed name (a method, a data set, a data set's own figures) cannot be
seen in a tree: for each stage it is declared in ENTRY_POINTS.

A package's __init__ counts where it is imported itself, not where only one of its modules is:
tests/runs/test_closure.py checks that those others contain definitions only.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeGuard

PACKAGES = ("stages", "vhp")
ROOT = Path(__file__).parents[2]
# The modules that may import by a computed name; what they may import is in ENTRY_POINTS. (No stage loads a model as
# vhp.load does.)
LOAD_BY_NAME = ("vhp.datasets", "vhp.figures", "vhp.methods", "vhp.model.loading")
# Stage -> its own script, and the modules that it may load by name. One in brackets need not exist.
ENTRY_POINTS = {
    "download": ("stages.download", "vhp.datasets.{dataset}", "vhp.datasets.{dataset}.prepare"),
    "preprocess": ("stages.preprocess", "vhp.datasets.{dataset}", "vhp.datasets.{dataset}.prepare"),
    "card": (
        *("stages.card", "vhp.datasets.{dataset}"),
        *("[vhp.datasets.{dataset}.drawing]", "[vhp.figures.{dataset}.contact_sheet]"),
    ),
    "train": ("stages.train", "vhp.datasets.{dataset}", "vhp.methods.{method}"),
    "evaluate": ("stages.evaluate", "vhp.datasets.{dataset}", "vhp.methods.{method}"),
    "interpolate": ("stages.interpolate", "vhp.datasets.{dataset}", "vhp.methods.{method}"),
    "smoothness": ("stages.smoothness", "vhp.datasets.{dataset}"),
    "representation": ("stages.representation",),
    "beta_update": ("stages.beta_update",),
    "section": (
        *("stages.section", "vhp.datasets.{dataset}", "[vhp.datasets.{dataset}.drawing]"),
        *("[vhp.figures.{dataset}.interpolation_strips]", "[vhp.figures.{dataset}.animation]"),
    ),
    "report": ("stages.report",),
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Fields of a node that do not count: whether a name is read or written (its place in the tree says so), comments on
# types, and the kind of a string.
LEFT_OUT = ("ctx", "type_comment", "kind")

Read = Callable[[Path], str | None]  # a file's text, None if there is no such file


class FingerprintError(ValueError):
    """Code whose imports cannot be followed, or a configuration made from other code; the message says which."""


def running(path: Path) -> str | None:
    """Of the running program, whatever the working directory."""
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else None


@dataclass(frozen=True)
class Program:
    """The project's code as `read` gives it: the running one, or that of a revision."""

    read: Read = running
    known: dict[str, str] = field(default_factory=dict)  # module -> fingerprint
    owns: dict[str, str] = field(default_factory=dict)  # module -> hash of its own code
    parsed: dict[str, ast.Module] = field(default_factory=dict)

    def text(self, module: str) -> str | None:
        """The module's source; None for a name that is no module of this project."""
        if not ours(module):
            return None
        path = Path(*module.split("."))
        text = self.read(path.with_suffix(".py"))
        return self.read(path / "__init__.py") if text is None else text

    def fingerprint(self, module: str) -> str:
        """16 hexadecimal digits. Raises FingerprintError for an import that cannot be followed, or an import circle."""
        if module not in self.known:
            self.known[module] = ""  # being computed
            self.known[module] = hashlib.sha256(self._canonical(module, self.fingerprint).encode()).hexdigest()[:16]
        if not self.known[module]:
            raise FingerprintError(f"{module}: found an import circle, expected none")
        return self.known[module]

    def own(self, module: str) -> str:
        """A hash of the module's own code alone, to tell which modules differ between two programs."""
        if module not in self.owns:
            self.owns[module] = hashlib.sha256(self._canonical(module, lambda _: "").encode()).hexdigest()[:16]
        return self.owns[module]

    def _canonical(self, module: str, represent: Callable[[str], str]) -> str:
        tree = self._tree(module)
        imported = {
            alias.asname or alias.name: represent(target)
            for node in ast.walk(tree)
            for alias, target in self._modules(node)
        }
        # In the code a module has the name of its file, which may change. Not where something else has this name, too.
        names = {name: f"<module {mark}>" for name, mark in imported.items() if name not in bound(tree)}
        dump = Dump(names, lambda node: self._lines(node, represent))
        top = [node for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import)]
        rest = ast.Module([node for node in tree.body if node not in top], [])
        # The order of imports does not count: a linter sorts them.
        return "\n".join([*sorted(line for node in top for line in dump.imports(node)), dump(rest)])

    def _tree(self, module: str) -> ast.Module:
        if module not in self.parsed:
            self.parsed[module] = self._parse(module)
        return self.parsed[module]

    def _parse(self, module: str) -> ast.Module:
        text = self.text(module)
        if text is None:
            raise FingerprintError(f"{module}: found no such module, expected one below {' or '.join(PACKAGES)}")
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            raise FingerprintError(f"{module}: cannot be parsed: {error}") from error
        check_imports(module, tree)
        return tree

    def _modules(self, node: ast.AST) -> Iterator[tuple[ast.alias, str]]:
        """The modules of this project that `from package import module` binds."""
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if self.text(target := f"{node.module}.{alias.name}") is not None:
                    yield alias, target

    def _lines(self, node: ast.ImportFrom, represent: Callable[[str], str]) -> list[str] | None:
        """An import of this project's code, a line for each name; None for another."""
        if not ours(node.module):
            return None
        modules = {alias.name: target for alias, target in self._modules(node)}
        lines = []
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name in modules:
                lines.append(f"import {represent(modules[alias.name])}")
            else:
                lines.append(f"import {name}: {alias.name} of {represent(node.module)}")
        return lines

    def closure(self, modules: tuple[str, ...]) -> set[str]:
        """The modules and all that they import, directly or not."""
        todo, seen = list(modules), set()
        while todo:
            if (module := todo.pop()) in seen:
                continue
            seen.add(module)
            for node in ast.walk(self._tree(module)):
                if isinstance(node, ast.ImportFrom) and ours(node.module):
                    found = {alias.name: target for alias, target in self._modules(node)}
                    todo += found.values()
                    todo += [node.module] * any(alias.name not in found for alias in node.names)
        return seen

    def entry_points(self, stage: str, dataset: str = "", method: str = "") -> tuple[str, ...]:
        """The modules that a stage of this data set and method begins with."""
        names = [name.format(dataset=dataset, method=method) for name in ENTRY_POINTS[stage]]
        optional = {name: name.strip("[]") for name in names}
        return tuple(module for name, module in optional.items() if name == module or self.text(module) is not None)

    def of_stage(self, stage: str, dataset: str = "", method: str = "") -> str:
        """The fingerprint of all code that a stage runs, 16 hexadecimal digits."""
        entries = sorted(self.fingerprint(module) for module in self.entry_points(stage, dataset, method))
        return hashlib.sha256("\n".join(entries).encode()).hexdigest()[:16]


def ours(module: str | None) -> TypeGuard[str]:
    return module is not None and module.partition(".")[0] in PACKAGES


def check_imports(module: str, tree: ast.Module) -> None:
    """Raises FingerprintError for an import whose target cannot be read from the syntax tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(ours(alias.name) for alias in node.names):
            expected = "`from ... import ...`: a module's path must not appear in the code"
        elif isinstance(node, ast.ImportFrom) and node.level:
            expected = "an absolute import"
        elif isinstance(node, ast.ImportFrom) and ours(node.module) and node.names[0].name == "*":
            expected = "the names that are used"
        elif loads_by_name(node) and module not in LOAD_BY_NAME:
            expected = f"it in {', '.join(LOAD_BY_NAME)} alone, with what it loads in ENTRY_POINTS"
        else:
            continue
        line = getattr(node, "lineno", "?")
        raise FingerprintError(f"{module}, line {line}: found `{ast.unparse(node)}`, expected {expected}")


def loads_by_name(node: ast.AST) -> bool:
    """Whether it is how Python imports by a computed name, or a reference to it."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
    names += [node.attr] if isinstance(node, ast.Attribute) else [node.id] if isinstance(node, ast.Name) else []
    return not {"import_module", "__import__", "run_module"}.isdisjoint(names)


def bound(tree: ast.Module) -> set[str]:
    """Names that the module binds other than by an import."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(node.name or "")
    return names


@dataclass(frozen=True)
class Dump:
    """A syntax tree as text that is the same for every version of Python, unlike that of ast.dump."""

    names: Mapping[str, str]  # a name in the code -> its replacement
    lines: Callable[[ast.ImportFrom], list[str] | None]

    def imports(self, node: ast.Import | ast.ImportFrom) -> list[str]:
        lines = self.lines(node) if isinstance(node, ast.ImportFrom) else None
        return [self._node(node)] if lines is None else lines

    def __call__(self, node: object) -> str:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return "; ".join(sorted(self.imports(node)))
        if isinstance(node, ast.Name):
            return f"Name({self.names.get(node.id, node.id)})"
        if isinstance(node, list):
            return f"[{', '.join(map(self, node))}]"
        return self._node(node) if isinstance(node, ast.AST) else repr(node)

    def _node(self, node: ast.AST) -> str:
        fields = {name: getattr(node, name, None) for name in node._fields if name not in LEFT_OUT}
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            fields["body"] = node.body[1:]
        # Absent and empty alike: newer versions of Python have more fields.
        given = [f"{name}={self(value)}" for name, value in fields.items() if value is not None and value != []]
        return f"{type(node).__name__}({', '.join(given)})"


@cache
def this_program() -> Program:
    """The code that runs; it is read once, for it does not change while it runs."""
    return Program()


def require_own(stage: str, recorded: str | None, file: Path, dataset: str = "", method: str = "") -> None:
    """Raises FingerprintError unless the fingerprint recorded in a configuration is that of the code that runs now.

    DVC compares configurations alone: with `repro --single-item` it would record results of new code as those of old.
    """
    own = this_program().of_stage(stage, dataset, method)
    if recorded != own:
        raise FingerprintError(
            f"{file}: found {recorded or 'no fingerprint'} as the code of {stage}, expected {own}: it was "
            "written for other code than is running; `dvc repro configure` renews it"
        )
