"""Conditions that choose rows by the interval or the key they belong to, as SQL text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from andon.intervals import Every, runs
from andon.sql.quote import identifier, literal


def start_of(column: str, every: Every) -> str:
    """Expression of the text of the interval that a row belongs to; null where the column is null."""
    return f"cast(date_trunc('{every}', cast({identifier(column)} as TIMESTAMP)) as VARCHAR)"


def within(column: str, kind: str, starts: Iterable[str], every: Every) -> str:
    """Condition that holds for the rows of some intervals, given by the texts of their starts.

    Adjacent intervals become one range of the column as it is, so that files and parts of files
    outside of it are not read.

    Args:
        kind: type of the column: DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE.
    """
    moments: list[datetime] = []
    others: list[str] = []
    has_null = False
    for start in starts:
        if not start:
            has_null = True
            continue
        try:
            moments.append(datetime.fromisoformat(start))
        except ValueError:
            others.append(start)
    name = identifier(column)
    cases = [_range(name, kind, first, end, every) for first, end in _runs(moments, others, every)]
    if others:
        listed = ", ".join(literal(text) for text in others)
        cases.append(f"{start_of(column, every)} in ({listed})")
    if has_null:
        cases.append(f"{name} is null")
    return " or ".join(f"({case})" for case in cases) if cases else "false"


def among(columns: Sequence[str], keys: str) -> str:
    """Condition that a key stands among those of a relation; null equals null.

    Args:
        columns: of the key.
        keys: table expression with the columns ``k0``, ``k1`` and so on.
    """
    alike = " and ".join(
        f"{identifier(name)} is not distinct from k_.k{at}" for at, name in enumerate(columns)
    )
    return f"exists (from {keys} k_ where {alike})"


def _runs(
    moments: list[datetime], others: list[str], every: Every
) -> list[tuple[datetime, datetime]]:
    try:
        return list(runs(moments, every))
    except OverflowError:
        # The last interval of the calendar has no end: it is told by its text.
        others.append(str(max(moments)))
        return list(runs([one for one in moments if one != max(moments)], every))


def _range(name: str, kind: str, first: datetime, end: datetime, every: Every) -> str:
    if kind == "DATE" and every != "hour":
        form = "DATE"
    elif kind == "TIMESTAMP WITH TIME ZONE":
        form = "TIMESTAMPTZ"
    else:
        form = "TIMESTAMP"
    zone = "+00" if form == "TIMESTAMPTZ" else ""
    return f"{name} >= {form} '{first}{zone}' and {name} < {form} '{end}{zone}'"
