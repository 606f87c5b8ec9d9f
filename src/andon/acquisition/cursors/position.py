"""Values of a cursor, and the position of a function that yields rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

Value = int | float | Decimal | str | date | datetime
"""What a cursor may be: it has an order, and JSON text gives it back exactly."""

KINDS = ("number", "text", "date", "time without a zone", "time with a zone")


def kind_of(value: object) -> str | None:
    """Kind of a value; values of one kind can be compared. None if it cannot be a cursor.

    >>> kind_of(1), kind_of(Decimal("1.5")), kind_of("b"), kind_of(True), kind_of(float("nan"))
    ('number', 'number', 'text', None, None)
    """
    match value:
        case bool():
            return None
        case int():
            return "number"
        case float() | Decimal():
            return "number" if value == value else None  # noqa: PLR0124 (NaN differs from itself)
        case str():
            return "text"
        case datetime():
            if value != value:  # noqa: PLR0124 (a missing time of pandas)
                return None
            return "time without a zone" if value.tzinfo is None else "time with a zone"
        case date():
            return "date"
        case _:
            return None


class Position(Struct, frozen=True, kw_only=True):
    """How far a function was read.

    Attributes:
        value: largest cursor value so far; None if there is none.
        since: value that the reading it belongs to began with.
        is_done: whether that reading came to its end. If it did not, rows below `value` may be
            missing: nobody said that they come in order.
        high: largest value in the part that the position belongs to.
        state: of a dlt resource, as dlt keeps it: what the next reading begins with.
    """

    value: Value | None = None
    since: Value | None = None
    is_done: bool = True
    high: Value | None = None
    state: dict[str, Any] | None = None

    def next_from(self, *, is_ordered: bool) -> Value | None:
        """The value that the next reading asks from, inclusive."""
        return self.value if self.is_done or is_ordered else self.since


def encode(position: Position) -> str:
    """JSON text of a position.

    >>> encode(Position(value=Decimal("1.50"), since=None, high=7))
    '{"value":["Decimal","1.50"],"since":null,"is_done":true,"high":["int","7"],"state":null}'
    """
    found: dict[str, object] = {
        "value": _pair(position.value),
        "since": _pair(position.since),
        "is_done": position.is_done,
        "high": _pair(position.high),
        "state": position.state,
    }
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> Position:
    """The position of its JSON text; of an empty one the position of nothing read.

    >>> decode(encode(Position(value=date(2026, 1, 2)))).value
    datetime.date(2026, 1, 2)
    """
    if not text:
        return Position()
    found = json.loads(text)
    return Position(
        value=_value(found["value"]),
        since=_value(found["since"]),
        is_done=found["is_done"],
        high=_value(found["high"]),
        state=found["state"],
    )


def landed_value(kind: str, raw: object) -> Value | None:
    """A cursor value of that kind as a JSON line holds it; None if it is none.

    >>> landed_value("number", "1.50"), landed_value("date", "2026-01-02")
    (Decimal('1.50'), datetime.date(2026, 1, 2))
    """
    match kind:
        case "number":
            if isinstance(raw, str):
                return Decimal(raw)
            return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else None
        case "date":
            return date.fromisoformat(raw) if isinstance(raw, str) else None
        case "text":
            return raw if isinstance(raw, str) else None
        case _:
            return datetime.fromisoformat(raw) if isinstance(raw, str) else None


def value_at(row: object, path: str) -> object:
    """The value at a dotted path; a key with dots in it comes first. None if it is not there.

    >>> value_at({"a": {"b": 1}}, "a.b"), value_at({"a.b": 2}, "a.b"), value_at({}, "a")
    (1, 2, None)
    """
    if isinstance(row, dict) and path in row:
        return row[path]
    for word in path.split("."):
        if not isinstance(row, dict):
            return None
        row = row.get(word)
    return row


def larger(values: Sequence[Value | None]) -> Value | None:
    """The largest of values of one kind; None counts for nothing."""
    known: list[Any] = [value for value in values if value is not None]
    return max(known) if known else None


def _pair(value: Value | None) -> list[str] | None:
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, float):
        text = repr(float(value))
    base = next(
        kind for kind in (datetime, date, int, float, Decimal, str) if isinstance(value, kind)
    )
    return [base.__name__, text]


def _value(pair: Sequence[str] | None) -> Value | None:
    if pair is None:
        return None
    kind, text = pair
    match kind:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "Decimal":
            return Decimal(text)
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case _:
            return text
