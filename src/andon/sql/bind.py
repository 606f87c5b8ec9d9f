"""Binding: a query as written becomes a query over exact snapshots, at one logical time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, assert_never

from andon.sql.body import ClockKind, SqlBody
from andon.sql.quote import identifier

_KEYWORD: Final = re.compile(r"table\b", re.IGNORECASE)
"""`table name` is a query of its own; a name that begins so would need quotes."""


def bind(body: SqlBody, tables: Mapping[str, str], logical_time: datetime | None) -> str:
    """The query with tables and clocks put in place; comments and layout stay.

    Args:
        body: as read.
        tables: name -> table expression, already in parentheses.
        logical_time: what clocks return; with a time zone.

    Returns:
        SQL without what follows its last token, so that it can stand in parentheses.

    Raises:
        KeyError: if a table that is read is not in `tables`.
        ValueError: if the query reads the clock and `logical_time` is None.
    """
    edits: list[tuple[int, int, str]] = []
    for table in body.tables:
        alias = "" if table.has_alias else " as " + identifier(table.name.rpartition(".")[2])
        written = body.text[table.span.start : table.span.end]
        query = "from " if _KEYWORD.match(written) else ""
        edits.append((table.span.start, table.span.end, query + tables[table.name] + alias))
    edits.extend((drop.start, drop.end, "") for drop in body.drops)
    for span, kind in body.clocks:
        if logical_time is None:
            raise ValueError("the query reads the clock, so it needs a logical time")
        edits.append((span.start, span.end, clock_literal(kind, logical_time)))
    edits.extend((at, at, " as " + identifier(name)) for at, name in body.clock_names)
    edits.sort()
    pieces: list[str] = []
    position = body.start
    for start, end, new in edits:
        pieces += (body.text[position:start], new)
        position = end
    pieces.append(body.text[position:])
    return "".join(pieces)


def clock_literal(kind: ClockKind, logical_time: datetime) -> str:
    """The logical time as a literal of the type that the clock function returns, in UTC."""
    moment = logical_time.astimezone(UTC)
    match kind:
        case "timestamptz":
            return f"'{moment.isoformat(sep=' ')}'::TIMESTAMPTZ"
        case "timestamp":
            return f"'{moment.replace(tzinfo=None).isoformat(sep=' ')}'::TIMESTAMP"
        case "date":
            return f"'{moment.date().isoformat()}'::DATE"
        case "time":
            return f"'{moment.time().isoformat()}'::TIME"
        case "timetz":
            return f"'{moment.time().isoformat()}+00'::TIMETZ"
        case _:
            assert_never(kind)
