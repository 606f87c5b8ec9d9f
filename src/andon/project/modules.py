"""Python modules of a project, as syntax trees: what each defines and what its names mean."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from functools import cached_property

from msgspec import Struct

from andon.project.imports import Imports, imports_of, module_of
from andon.project.text import TextFile

Read = Callable[[str], TextFile | None]


class Module(Struct, frozen=True, dict=True):
    """One file of the project.

    Attributes:
        name: dotted name from the project's folder.
        tree: its syntax tree.
    """

    name: str
    file: TextFile
    tree: ast.Module

    @cached_property
    def imports(self) -> Imports:
        """What its names are bound to by imports."""
        return imports_of(self.tree, self.file.path)

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """Modules of its `from ... import *`."""
        return tuple(
            module_of(node, self.file.path)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        )

    @cached_property
    def definitions(self) -> Mapping[str, list[ast.stmt]]:
        """Top-level statements by each name they bind; imports left out."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.tree.body:
            for name in _bound(statement):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def effects(self) -> list[ast.stmt]:
        """Top-level statements that act when the module is imported and bind no name."""
        return [
            statement
            for statement in self.tree.body
            if not isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass)
            and not _is_text(statement)
            and not _bound(statement)
            and not _is_only_for_types(statement)
        ]


class ModuleFinder:
    """Finds modules of a project by dotted name; each file is parsed once."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._modules: dict[str, Module | None] = {}

    def at(self, path: str, name: str) -> Module | None:
        """The module in that file, or None if there is none. A syntax error passes through."""
        if path not in self._modules:
            file = self._read(path)
            tree = ast.parse(file.text, path) if file else None
            self._modules[path] = Module(name, file, tree) if file and tree else None
        return self._modules[path]

    def find(self, dotted: str, seen: dict[str, str]) -> tuple[Module, str] | None:
        """The project's module with the longest name that begins `dotted`, and the rest of it.

        `seen` receives every path that was looked at; a file that appears there changes the answer.
        """
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            base = "/".join(parts[:length])
            for path in (f"{base}.py", f"{base}/__init__.py"):
                module = self.at(path, ".".join(parts[:length]))
                seen.setdefault(path, "")
                if module is not None:
                    return module, ".".join(parts[length:])
        return None


def is_standard(root: str) -> bool:
    """Whether a module comes with Python itself."""
    return root in sys.stdlib_module_names or root == "__future__"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_only_for_types(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If):
        return False
    test = statement.test
    name = test.id if isinstance(test, ast.Name) else getattr(test, "attr", "")
    return name == "TYPE_CHECKING"


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            root: ast.expr = node
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                names.add(root.id)
    return names
