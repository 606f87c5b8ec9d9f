"""Named: all names that stand in a query, as columns of other names are then not read by it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from andon.sql.body import SqlBody
from andon.sql.fold import folded
from andon.sql.lex import lex
from andon.sql.parse import NotParsed, parse

if TYPE_CHECKING:
    from sqlglot import exp

_OPEN: Final = frozenset(
    {"Columns", "PositionalColumn", "Pivot", "Summarize", "Describe", "Command"}
)
"""Nodes that read columns without naming them."""


def named(body: SqlBody, macros: Collection[str]) -> frozenset[str] | None:
    """Folded names in a query; None if it may read columns that it does not name.

    Args:
        macros: lower-case names of macros of the project, which may name anything.
    """
    if body.is_opaque or any(name in macros for name in body.functions):
        return None
    try:
        trees = parse(body.text[body.start :])
    except NotParsed:
        return None
    nodes = [node for tree in trees for node in tree.walk()]
    if any(_is_open(node) for node in nodes):
        return None
    tables = {
        folded(node.alias_or_name)
        for node in nodes
        if type(node).__name__ in {"Table", "Subquery", "CTE", "Lateral", "Unnest"}
    }
    columns = {folded(node.name) for node in nodes if type(node).__name__ == "Column"}
    if tables & columns:
        return None  # the name of a table stands for all that a row of it holds
    # The words of the text, since a name that is a word of SQL too is no identifier of the tree.
    words = (token for token in lex(body.text, body.start) if token.kind in {"word", "quoted"})
    return frozenset(folded(_bare(token.text)) for token in words)


def _bare(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _is_open(node: exp.Expr) -> bool:
    match type(node).__name__:
        case "Star":
            return type(node.parent).__name__ != "Count" or any(node.args.values())
        case "Join":
            return node.args.get("method") == "NATURAL"
        case "TableAlias":
            return bool(node.args.get("columns"))
        case name:
            return name in _OPEN
