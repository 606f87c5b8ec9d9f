"""Cursors: how far a table was read, as text that is the same in every run and every database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args

from msgspec import Struct

CursorKind = Literal["integer", "decimal", "date", "timestamp", "timestamptz", "text", "uuid"]
"""What a cursor is compared as. Numbers that are not exact are no cursors."""

NO_LAG: frozenset[CursorKind] = frozenset({"text", "uuid"})
"""Kinds of which nothing can be subtracted."""


class Position(Struct, frozen=True, kw_only=True):
    """The newest value of a cursor that was read.

    Attributes:
        column: the cursor's name; kind: what it was compared as then.
        value: canonical text, see `text_of`.
    """

    column: str
    kind: CursorKind
    value: str


def encode(position: Position) -> str:
    """JSON text of a position."""
    return json.dumps(
        {"column": position.column, "kind": position.kind, "value": position.value},
        separators=(",", ":"),
    )


def decode(text: str) -> Position | None:
    """Position from its JSON text; None of an empty one."""
    if not text:
        return None
    found = json.loads(text)
    kind = next(known for known in get_args(CursorKind) if known == found["kind"])
    return Position(column=found["column"], kind=kind, value=found["value"])


def text_of(kind: CursorKind, value: object) -> str:
    """Canonical text of a value: ISO 8601 with microseconds, in UTC where it has a zone.

    >>> text_of("timestamp", datetime(2026, 1, 1))
    '2026-01-01T00:00:00.000000'
    """
    match value:
        case datetime():
            moment = value.astimezone(UTC) if kind == "timestamptz" else value.replace(tzinfo=None)
            return moment.isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case int() | str():
            return str(value)
        case _ if kind == "uuid":
            return str(value)
        case _:
            raise ValueError(f"a {type(value).__name__} is no value of a cursor")


def value_of(kind: CursorKind, text: str) -> int | Decimal | date | datetime | str:
    """The value that a canonical text stands for; values of one kind compare as the database's."""
    match kind:
        case "integer":
            return int(text)
        case "decimal":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "timestamp" | "timestamptz":
            return datetime.fromisoformat(text)
        case "text" | "uuid":
            return text


def minus(kind: CursorKind, text: str, lag: float | None) -> str:
    """The value so many seconds, or units of a number, earlier.

    >>> minus("integer", "100", 5), minus("date", "2026-03-01", 3600.0)
    ('95', '2026-02-28')
    >>> minus("timestamptz", "2026-03-29T01:00:00.000000+00:00", 60.0)
    '2026-03-29T00:59:00.000000+00:00'
    """
    value = value_of(kind, text)
    if not lag:
        return text
    try:
        match value:
            case int():
                return text_of(kind, value - -int(-lag // 1))
            case Decimal():
                return text_of(kind, value - Decimal(repr(lag)))
            case datetime():
                return text_of(kind, value - timedelta(seconds=lag))
            case date():
                start = datetime(value.year, value.month, value.day) - timedelta(seconds=lag)  # noqa: DTZ001  (days have no zone)
                return text_of(kind, start.date())
            case str():
                return text
    except OverflowError:
        first = value.replace(month=1, day=1, year=1) if isinstance(value, date) else value
        if isinstance(first, datetime):
            first = first.replace(hour=0, minute=0, second=0, microsecond=0)
        return text_of(kind, first)
