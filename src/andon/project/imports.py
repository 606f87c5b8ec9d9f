"""What the names of a Python module are bound to by its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from msgspec import Struct


class Imports(Struct, frozen=True):
    """Local name -> dotted name, e.g. ``pl`` -> ``polars``, ``DataFrame`` -> ``polars.DataFrame``."""

    names: Mapping[str, str]

    def dotted(self, node: ast.expr | None) -> str | None:
        """Full dotted name of a name or attribute whose root was imported, else None."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.names:
            return None
        return ".".join([self.names[node.id], *reversed(parts)])


def imports_of(tree: ast.AST, path: str) -> Imports:
    """All imports of a module, those inside functions and `if TYPE_CHECKING` included."""
    return Imports(dict(_bindings(ast.walk(tree), path)))


def _bindings(nodes: Iterable[ast.AST], path: str) -> Iterable[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (root, root)
        elif isinstance(node, ast.ImportFrom):
            module = module_of(node, path)
            for alias in node.names:
                yield alias.asname or alias.name, f"{module}.{alias.name}"


def module_of(node: ast.ImportFrom, path: str) -> str:
    """Absolute name of the module that a `from` imports from; relative ones by the file's place."""
    if not node.level:
        return node.module or ""
    package = PurePosixPath(path).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])
