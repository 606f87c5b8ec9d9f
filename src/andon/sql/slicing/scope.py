"""Which tables stand where in a query, and what their names mean there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from sqlglot import exp


class Cte(Struct, frozen=True, kw_only=True):
    """A common table expression, with what is in sight where it stands."""

    tree: exp.Expr
    scope: Scope
    is_recursive: bool

    @property
    def inside(self) -> Scope:
        """What is in sight within it."""
        if not self.is_recursive:
            return self.scope
        return Scope({**self.scope.tables, self.tree.alias.lower(): self})


class Scope(Struct, frozen=True):
    """Common table expressions in sight, by lower-case name."""

    tables: dict[str, Cte] = field(default_factory=dict)

    def below(self, tree: exp.Expr) -> Scope:
        """What is in sight within a query: its own common table expressions too."""
        attached = tree.args.get("with_")
        if attached is None:
            return self
        scope = self
        for one in attached.expressions:
            name = one.alias.lower()
            is_recursive = bool(attached.args.get("recursive")) and any(
                _bare_name(node) == name for node in one.this.walk()
            )
            found = Cte(tree=one, scope=scope, is_recursive=is_recursive)
            scope = Scope({**scope.tables, name: found})
        return scope

    def find(self, table: exp.Expr) -> Cte | None:
        """The common table expression that a table is, if it is one."""
        return self.tables.get(_bare_name(table))


def input_name(table: exp.Expr) -> str:
    """Name of the input that a table is, as `TableRef` has it; empty for a function in FROM."""
    parts = table.parts  # type: ignore[attr-defined]  # a table has parts
    if any(type(part).__name__ != "Identifier" for part in parts):
        return ""
    return ".".join(part.name.lower() for part in parts)


def tables(
    tree: exp.Expr, scope: Scope, *, are_all: bool = False
) -> Iterator[tuple[exp.Expr, Cte | None]]:
    """Tables in a tree and in the common table expressions that it reads, each once.

    With each comes the common table expression that it is; it is an input if that is None.

    Args:
        are_all: whether to go into common table expressions that nothing reads, too.
    """
    seen: set[int] = set()
    waiting = [(tree, scope)]
    while waiting:
        node, around = waiting.pop()
        around = around.below(node)
        if type(node).__name__ == "Table":
            found = around.find(node)
            yield node, found
            if found is not None and id(found.tree) not in seen:
                seen.add(id(found.tree))
                waiting.append((found.tree.this, found.inside))
        for child in node.iter_expressions():
            if type(child).__name__ != "With":
                waiting.append((child, around))
                continue
            for one in child.expressions if are_all else ():
                if id(one) not in seen:
                    seen.add(id(one))
                    cte = around.tables[one.alias.lower()]
                    waiting.append((one.this, cte.inside))


def inputs_read(tree: exp.Expr, scope: Scope, *, are_all: bool = False) -> frozenset[str]:
    """Names of the inputs that a tree reads; `are_all` as for `tables`."""
    read = tables(tree, scope, are_all=are_all)
    found = (input_name(table) for table, cte in read if cte is None)
    return frozenset(name for name in found if name)


def _bare_name(node: exp.Expr) -> str:
    if type(node).__name__ != "Table" or len(node.parts) != 1:  # type: ignore[attr-defined]  # a table has parts
        return ""
    return input_name(node)
