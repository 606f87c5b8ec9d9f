"""Figures in words; never a value of a row."""

from __future__ import annotations

import math

_UNITS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def rows_of(failing: int, total: int) -> str:
    """Failing rows of all rows.

    >>> rows_of(3, 1000), rows_of(0, 1)
    ('3 of 1,000 rows', '0 of 1 row')
    """
    return f"{failing:,} of {rows_found(total)}"


def rows_found(rows: int) -> str:
    """A number of rows.

    >>> rows_found(1), rows_found(12000)
    ('1 row', '12,000 rows')
    """
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def rows_returned(rows: int) -> str:
    """What the query of a check file gave."""
    return f"{rows_found(rows)} returned"


def percent(share: float) -> str:
    """A share in percent, rounded down, so that what is not whole never looks so.

    >>> percent(1.0), percent(0.98), percent(0.99996)
    ('100 %', '98 %', '99.99 %')
    """
    return f"{math.floor(round(share * 1e6) / 100) / 100:g} %"


def days(seconds: float) -> str:
    """A duration in its largest whole unit, to one decimal.

    >>> days(86400), days(276480), days(5400), days(0)
    ('1 day', '3.2 days', '1.5 hours', '0 seconds')
    """
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= s), (1.0, "second"))
    number = f"{seconds / size:,.1f}".removesuffix(".0")
    return f"{number} {unit}{'' if number == '1' else 's'}"
