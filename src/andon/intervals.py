"""Intervals of time: hours, days, weeks, months and years of UTC, told by their start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, assert_never, get_args

Every = Literal["hour", "day", "week", "month", "year"]
"""Length of an interval. Weeks begin on Monday, as the engine's do."""

EVERY: tuple[Every, ...] = get_args(Every)
_FORMS = ("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


def floor(moment: datetime, every: Every) -> datetime:
    """Start of the interval that holds a moment.

    >>> floor(datetime(2026, 1, 8, 17, 5), "week")
    datetime.datetime(2026, 1, 5, 0, 0)
    """
    hour = moment.replace(minute=0, second=0, microsecond=0)
    match every:
        case "hour":
            return hour
        case "day":
            return hour.replace(hour=0)
        case "week":
            return hour.replace(hour=0) - timedelta(days=moment.weekday())
        case "month":
            return hour.replace(day=1, hour=0)
        case "year":
            return hour.replace(month=1, day=1, hour=0)
        case _:
            assert_never(every)


def after(start: datetime, every: Every) -> datetime:
    """Start of the next interval.

    Raises:
        OverflowError: there is none before the end of the calendar.

    >>> after(datetime(2026, 12, 1), "month")
    datetime.datetime(2027, 1, 1, 0, 0)
    """
    match every:
        case "hour":
            return start + timedelta(hours=1)
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return _shift(start, start.year + start.month // 12, start.month % 12 + 1)
        case "year":
            return _shift(start, start.year + 1, start.month)
        case _:
            assert_never(every)


def before(start: datetime, every: Every, count: int = 1) -> datetime:
    """Start of the interval `count` earlier; the first of the calendar where there is none.

    >>> before(datetime(2026, 1, 1), "month", 2)
    datetime.datetime(2025, 11, 1, 0, 0)
    """
    for _ in range(count):
        try:
            start = floor(start - timedelta(microseconds=1), every)
        except OverflowError:
            break
    return start


def _shift(start: datetime, year: int, month: int) -> datetime:
    try:
        return start.replace(year=year, month=month)
    except ValueError as error:
        raise OverflowError("there is no later interval") from error


def runs(starts: Iterable[datetime], every: Every) -> Iterator[tuple[datetime, datetime]]:
    """Adjacent intervals joined, each as start and end (excluded), in order.

    >>> days = [datetime(2026, 1, day) for day in (1, 2, 5)]
    >>> [(a.day, b.day) for a, b in runs(days, "day")]
    [(1, 3), (5, 6)]
    """
    first: datetime | None = None
    last: datetime | None = None
    for start in sorted(set(starts)):
        if first is None or last != start:
            if first is not None and last is not None:
                yield first, last
            first = start
        last = after(start, every)
    if first is not None and last is not None:
        yield first, last


def parse(text: str) -> datetime:
    """A moment as people write it, from the year down to the second; UTC.

    Raises:
        ValueError: it is none.

    >>> parse("2026-02"), parse("2026-02-03T04")
    (datetime.datetime(2026, 2, 1, 0, 0), datetime.datetime(2026, 2, 3, 4, 0))
    """
    bare = text.strip().replace(" ", "T").removesuffix("Z")
    for form in _FORMS:
        try:
            return datetime.strptime(bare, form)  # noqa: DTZ007  (all intervals are of UTC)
        except ValueError:
            continue
    raise ValueError(f"`{text}` is no moment such as 2026-02-03 or 2026-02-03T04:00")


def span(text: str) -> tuple[datetime, datetime]:
    """First moment of what a text names, and the first behind it.

    Raises:
        ValueError: it is no moment.

    >>> span("2026-02")
    (datetime.datetime(2026, 2, 1, 0, 0), datetime.datetime(2026, 3, 1, 0, 0))
    """
    start = parse(text)
    size = len(text.strip().removesuffix("Z"))
    if size <= len("2026"):
        return start, after(start, "year")
    if size <= len("2026-02"):
        return start, after(start, "month")
    if size <= len("2026-02-03"):
        return start, after(start, "day")
    if size <= len("2026-02-03T04"):
        return start, after(start, "hour")
    return start, start + timedelta(minutes=1 if size <= len("2026-02-03T04:05") else 1 / 60)


def shown(start: datetime, every: Every) -> str:
    """An interval as people write it.

    >>> shown(datetime(2026, 2, 1), "month"), shown(datetime(2026, 2, 1), "day")
    ('2026-02', '2026-02-01')
    """
    form = {"hour": "%Y-%m-%dT%H", "month": "%Y-%m", "year": "%Y"}.get(every, "%Y-%m-%d")
    return start.strftime(form)
