"""Whether a record names the columns of a table, by its own shape and that of the rows below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from andon.reading.delimited.dialect import is_value

_LONGEST_NAME = 200
_PERIOD = re.compile(r"(1[5-9]|2[0-9])\d\d|\d{4}-\d\d(-\d\d)?")
"""A year, a month or a day, which columns of wide tables are called by."""
_WHOLE = re.compile(r"\d{1,9}")
_RUN = 3


def is_narrow(fields: Sequence[str], width: int) -> bool:
    """Whether a record has so few filled fields that it stands beside a table, not in it."""
    return _filled(fields) <= _narrow(width)


def is_header_like(fields: Sequence[str]) -> bool:
    """Whether all fields are filled, unlike one another, and no numbers or dates."""
    names = [field.strip() for field in fields]
    return all(
        name and len(name) <= _LONGEST_NAME and not is_value(name) for name in names
    ) and len({name.casefold() for name in names}) == len(names)


def stands_out(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether some column has numbers or dates in every row, and none among the names."""
    return any(
        name.strip()
        and not is_value(name.strip())
        and all(row[at].strip() and is_value(row[at].strip()) for row in rows)
        for at, name in enumerate(names)
    )


def _filled(fields: Sequence[str]) -> int:
    return sum(1 for field in fields if field.strip())


def _narrow(width: int) -> int:
    return max(1, width // 3)


def is_data_like(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether some name is a number or date as a row would have it, so the record may be a row.

    Names may be years, months or days where what stands below them is none, and whole numbers that
    count on from column to column. A quantity names no column.

    >>> is_data_like(["1", "ann", "20.5"], [["2", "bob", "21.5"]])
    True
    >>> is_data_like(["country", "2019", "2020"], [["DE", "5", "6"]])
    False
    """
    texts = [name.strip() for name in names]
    counted = _counting(texts)
    return any(
        text and is_value(text) and at not in counted and not _is_period_above(at, text, rows)
        for at, text in enumerate(texts)
    )


def _is_period_above(at: int, text: str, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a name is a period, and not all that stands below it are as well."""
    if not _PERIOD.fullmatch(text):
        return False
    below = [row[at].strip() for row in rows if row[at].strip()]
    return not below or not all(_PERIOD.fullmatch(value) for value in below)


def _counting(texts: Sequence[str]) -> set[int]:
    """Places of whole numbers of which each is one more than that before it, three or more in a row."""
    found: set[int] = set()
    run: list[int] = []
    for at, text in enumerate(texts):
        is_whole = _WHOLE.fullmatch(text) is not None
        if not (run and is_whole and int(text) == int(texts[at - 1]) + 1):
            run = []
        if is_whole:
            run.append(at)
        if len(run) >= _RUN:
            found.update(run)
    return found
