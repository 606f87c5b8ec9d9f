"""Columns of a select that are never null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from andon.sql.conjuncts import conditions
from andon.sql.known import Shown, Source
from andon.sql.single import without_brackets

if TYPE_CHECKING:
    from sqlglot import exp


def filled_columns(select: exp.Expr, source: Source, list_: Shown) -> Iterator[tuple[str, str]]:
    """Columns of the result that are never null, each with the reason."""
    known: dict[tuple[str, ...], str] = {}
    known.update(((name,), why) for name, why in source.rows.filled)
    for column in _tested(select, source, list_):
        known[column] = f"where {column[-1]} is not null"
    if list_.passed:
        for column, why in known.items():
            name = list_.name_of(column)
            if name is not None:
                yield name, why
    for item in list_.items:
        why = known.get(item.column, "") if item.column else _never_null(item.tree, source, known)
        if why:
            yield item.name, why


def _never_null(tree: exp.Expr, source: Source, known: dict[tuple[str, ...], str]) -> str:
    """Why an expression is never null; empty if it may be."""
    match type(tree).__name__:
        case "Literal" | "Boolean":
            return "it is a constant"
        case "Count":
            return "a count is never null"
        case "RowNumber":
            return "a row number is never null"
        case "Paren" | "Window" | "Filter":
            return _never_null(tree.this, source, known)
        case "Column":
            return known.get(source.column(tree), "")
        case "Coalesce":
            values = (tree.this, *tree.expressions)
            if any(_never_null(one, source, known) for one in values):
                return "coalesce has a value that is never null"
        case _:
            pass
    return ""


def _tested(select: exp.Expr, source: Source, list_: Shown) -> Iterator[tuple[str, ...]]:
    """Columns of which WHERE demands that they are not null."""
    for one in conditions(select, "where"):
        inner = without_brackets(one.this) if type(one).__name__ == "Not" else one
        is_not = inner is not one and type(inner).__name__ == "Is"
        if is_not and type(inner.expression).__name__ == "Null":
            column = source.column(inner.this)
            if column and not (len(column) == 1 and list_.meant(column[0])):
                yield column
