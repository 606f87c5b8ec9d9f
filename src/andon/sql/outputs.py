"""Names of the columns that a query gives, as far as its text alone tells them."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

_EXPANDS: Final = frozenset({"columns", "unnest"})


def outputs(tree: exp.Expr) -> tuple[str, ...]:
    """Names of all columns of the result, in order; empty where one of them is not written out."""
    while isinstance(tree, exp.Subquery) and not tree.args.get("pivots"):
        tree = tree.this
    if isinstance(tree, exp.SetOperation):
        return () if tree.args.get("by_name") else outputs(tree.this)
    if not isinstance(tree, exp.Select):
        return ()
    names = [_name(column) for column in tree.expressions]
    return tuple(names) if all(names) else ()


def _name(column: exp.Expr) -> str:
    """Name of one column; empty for an expression without one, or that may be several columns."""
    inner = column.this if isinstance(column, exp.Alias) else column
    if inner.is_star or any(_expands(node) for node in inner.walk()):
        return ""
    return column.alias_or_name if isinstance(column, exp.Alias | exp.Column) else ""


def _expands(node: exp.Expr) -> bool:
    if isinstance(node, exp.Columns | exp.UDTF | exp.Explode):
        return True
    return isinstance(node, exp.Anonymous) and node.name.lower() in _EXPANDS
