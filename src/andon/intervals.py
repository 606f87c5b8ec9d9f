"""Intervals of time that a table is kept by: hours, days, weeks, months and years, all in UTC.

A moment without a time zone is taken to be in UTC, as the engine's session is. Weeks begin on
Monday. Bounds run from the year 1 to the last interval that ends in the year 9999; what lies
beyond, as infinity does, belongs to no interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, assert_never

from msgspec import Struct

Every = Literal["hour", "day", "week", "month", "year"]
"""Length of an interval."""

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Start of the first interval of every length: the year 1 begins on a Monday."""

_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-W(?P<week>\d{2})|-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:[T ](?P<hour>\d{2})(?::00)?)?)?)?"
)

_LENGTHS: Final[tuple[Every, ...]] = ("year", "month", "day", "hour")
"""By how much of a date is written."""


class Interval(Struct, frozen=True):
    """A stretch of time: one interval, or several without a gap between them.

    Attributes:
        start: its first moment.
        end: the moment after its last.
    """

    start: datetime
    end: datetime


def floor(moment: datetime, every: Every) -> datetime:
    """Start of the interval that a moment lies in.

    >>> floor(datetime(2024, 2, 29, 13, 5), "week").isoformat()
    '2024-02-26T00:00:00+00:00'
    """
    own = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    hour = own.replace(minute=0, second=0, microsecond=0)
    match every:
        case "hour":
            return hour
        case "day":
            return hour.replace(hour=0)
        case "week":
            return hour.replace(hour=0) - timedelta(days=own.weekday())
        case "month":
            return hour.replace(hour=0, day=1)
        case "year":
            return hour.replace(hour=0, day=1, month=1)
        case _:
            assert_never(every)


def following(start: datetime, every: Every) -> datetime:
    """Start of the interval after the one that begins at `start`.

    Raises:
        ValueError: if `start` begins no interval, or ends beyond the year 9999.

    >>> following(datetime(2024, 12, 1, tzinfo=UTC), "month").isoformat()
    '2025-01-01T00:00:00+00:00'
    """
    if start != floor(start, every):
        raise ValueError(f"no {every} begins at {start.isoformat()}")
    if start >= limit(every):
        raise ValueError(f"the {every} that begins at {start.isoformat()} ends after the year 9999")
    match every:
        case "hour":
            return start + timedelta(hours=1)
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return floor(start + timedelta(days=31), "month")
        case "year":
            return start.replace(year=start.year + 1)
        case _:
            assert_never(every)


def limit(every: Every) -> datetime:
    """The first moment that lies in no interval: what begins there has no end in a year 9999."""
    return floor(datetime.max.replace(tzinfo=UTC), every)


def starts(interval: Interval, every: Every) -> Iterator[datetime]:
    """Starts of all intervals that share a moment with a stretch of time, in order.

    >>> day = datetime(2024, 1, 31, 23)
    >>> [one.day for one in starts(Interval(day, datetime(2024, 2, 2, tzinfo=UTC)), "day")]
    [31, 1]
    """
    if interval.start >= interval.end:
        return
    at = floor(interval.start, every)
    while at < min(interval.end, limit(every)):
        yield at
        at = following(at, every)


def runs(beginnings: Iterable[datetime], every: Every) -> tuple[Interval, ...]:
    """Intervals by their starts, in any order, as the fewest stretches of time without a gap.

    Raises:
        ValueError: if one of them begins no interval.
    """
    found: list[Interval] = []
    for start in sorted(set(beginnings)):
        end = following(start, every)
        if found and found[-1].end == start:
            found[-1] = Interval(found[-1].start, end)
        else:
            found.append(Interval(start, end))
    return tuple(found)


def named(start: datetime, every: Every) -> str:
    """An interval as a person writes it; `parse` reads it.

    >>> named(datetime(2024, 2, 26, tzinfo=UTC), "week")
    '2024-W09'
    """
    match every:
        case "hour":
            return start.isoformat()[:13]
        case "day":
            return start.date().isoformat()
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year:04}-W{week:02}"
        case "month":
            return start.date().isoformat()[:7]
        case "year":
            return start.date().isoformat()[:4]
        case _:
            assert_never(every)


def parse(text: str) -> Interval:
    """The stretch of time that a text names: a year, month, week, day or hour, or from one to one.

    Raises:
        ValueError: saying what is wrong with the text.

    >>> parse("2024-02").end.isoformat()
    '2024-03-01T00:00:00+00:00'
    >>> parse("2024-01..2024-03").end.isoformat()
    '2024-04-01T00:00:00+00:00'
    """
    first, dots, last = (part.strip() for part in text.partition(".."))
    if not dots:
        return _parse_one(first)
    found = Interval(_parse_one(first).start, _parse_one(last).end)
    if found.start >= found.end:
        raise ValueError(f"`{text}` ends before it begins: write the earlier one first")
    return found


def _parse_one(text: str) -> Interval:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(
            f"`{text}` is no interval: write a day as 2024-01-31, a month as 2024-01, a year as"
            " 2024, a week as 2024-W05, an hour as 2024-01-31T13, or two of them as"
            " 2024-01..2024-03"
        )
    year, week, *rest = (
        None if found[name] is None else int(found[name])
        for name in ("year", "week", "month", "day", "hour")
    )
    given = [part for part in rest if part is not None]
    every: Every = "week" if week is not None else _LENGTHS[len(given)]
    try:
        if week is not None:
            start = datetime.fromisocalendar(year or 0, week, 1).replace(tzinfo=UTC)
        else:
            month, day, hour = (*given, *(1, 1, 0)[len(given) :])
            start = datetime(year or 0, month, day, hour, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"`{text}` is not in the calendar: {error}") from None
    return Interval(start, following(start, every))
