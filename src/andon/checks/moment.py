"""The logical time put in the place of clock functions in a condition."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from andon.sql.bind import bind
from andon.sql.body import SqlBody

_MAY_BE_CLOCK = re.compile(r"now|today|current|local|transaction_timestamp", re.IGNORECASE)
_HEAD = "select "


def at(condition: str, logical_time: datetime) -> str:
    """`condition` with every clock function replaced by `logical_time`, else unchanged.

    Raises:
        NotParsed: it may read the clock, but only the engine understands it (`is_bindable`).
    """
    if not _MAY_BE_CLOCK.search(condition):
        return condition
    body = _read(condition)
    return bind(body, {}, logical_time).removeprefix(_HEAD)


def is_bindable(condition: str) -> bool:
    """Whether the clock functions of a condition can be found."""
    if not _MAY_BE_CLOCK.search(condition):
        return True
    from andon.sql.parse import NotParsed

    try:
        _read(condition)
    except NotParsed:
        return False
    return True


@lru_cache(maxsize=1024)
def _read(condition: str) -> SqlBody:
    # The parser costs tens of milliseconds to load and most conditions have no clock in them.
    from andon.sql.read import read_sql

    return read_sql(f"{_HEAD}({condition}\n)", 0, "")[0]
