"""Which tables a syntax tree reads, and where the text names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from andon.sql.body import Span, TableRef

if TYPE_CHECKING:
    from sqlglot import exp

_FILE: Final = re.compile(r"[./\\:*?]")
"""What the name of a table cannot hold, and that of a file does."""


def references(tree: exp.Expr, start: int) -> tuple[tuple[TableRef, ...], tuple[Span, ...]]:
    """Tables that are not CTEs in scope, and schema qualifiers of columns.

    Args:
        tree: one statement.
        start: offset of the statement's text in the file; added to every span.

    Returns:
        Tables in the order of the text, and spans to cut from columns when bound.
    """
    from sqlglot import exp

    tables: list[TableRef] = []
    columns: list[exp.Column] = []
    for node in tree.find_all(exp.Table, exp.Column):
        if isinstance(node, exp.Column):
            if node.args.get("table") is not None:
                columns.append(node)
            continue
        if not isinstance(node, exp.Table):
            continue
        parts = node.parts
        if not all(isinstance(part, exp.Identifier) for part in parts):
            continue
        if len(parts) == 1 and (_is_cte(node) or _FILE.search(node.name)):
            continue
        tables.append(
            TableRef(
                name=".".join(part.name.lower() for part in parts),
                span=Span(
                    start=start + parts[0].meta["start"], end=start + parts[-1].meta["end"] + 1
                ),
                has_alias=node.args.get("alias") is not None,
            )
        )
    tables.sort(key=lambda table: table.span.start)
    return tuple(tables), _drops(tables, columns, start)


def files_named(tree: exp.Expr, start: int) -> tuple[Span, ...]:
    """Places where a file stands for a table, as in ``from t, 'x.csv'``."""
    from sqlglot import exp

    return tuple(
        Span(start=start + name.meta["start"], end=start + name.meta["end"] + 1)
        for node in tree.find_all(exp.Table)
        if isinstance(name := node.this, exp.Identifier)
        and len(node.parts) == 1
        and _FILE.search(name.name)
        and not _is_cte(node)
    )


def _is_cte(table: exp.Table) -> bool:
    """Whether an undotted table is a common table expression that is in scope where it stands."""
    from sqlglot import exp

    name = table.name.lower()
    below: exp.Expr = table
    node = table.parent
    while node is not None:
        if isinstance(node, exp.With):
            position = next(i for i, one in enumerate(node.expressions) if one is below)
            visible = node.expressions[: position + bool(node.args.get("recursive"))]
            if any(one.alias.lower() == name for one in visible):
                return True
            # The statement this WITH belongs to sees all of it, its own members do not.
            below = node.parent or node
            node = below.parent
            continue
        attached = node.args.get("with_")
        if attached is not None and any(one.alias.lower() == name for one in attached.expressions):
            return True
        below, node = node, node.parent
    return False


def _drops(tables: list[TableRef], columns: list[exp.Column], start: int) -> tuple[Span, ...]:
    """Spans before the last part of a table's name, where a column is qualified by all of it."""
    bare = {tuple(table.name.split(".")) for table in tables if not table.has_alias}
    spans: list[Span] = []
    for column in columns:
        parts = column.parts
        names = tuple(part.name.lower() for part in parts)
        for length in range(2, len(parts) + 1):
            if names[:length] in bare:
                begin, end = parts[0].meta["start"], parts[length - 1].meta["start"]
                spans.append(Span(start=start + begin, end=start + end))
                break
    spans.sort(key=lambda span: span.start)
    return tuple(spans)
