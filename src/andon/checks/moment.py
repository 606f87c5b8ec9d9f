"""The logical time put in the place of clock functions in a condition."""

from __future__ import annotations

from datetime import datetime

from andon.sql.bind import clock_literal
from andon.sql.clocks import clocks, may_hold_clock
from andon.sql.lex import lex


def at(condition: str, logical_time: datetime) -> str:
    """`condition` with every clock function replaced by `logical_time`.

    >>> from datetime import UTC
    >>> at("day <= current_date", datetime(2026, 1, 5, tzinfo=UTC))
    "day <= '2026-01-05'::DATE"
    """
    if not may_hold_clock(condition):
        return condition
    pieces: list[str] = []
    position = 0
    for span, kind in clocks(condition, lex(condition)):
        pieces += (condition[position : span.start], clock_literal(kind, logical_time))
        position = span.end
    return "".join([*pieces, condition[position:]])
