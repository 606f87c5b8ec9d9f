"""Reads inside an open transaction: counted by table, day and reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, date, datetime

from andon.catalog.use import KEPT_DAYS, Read, Reads
from andon.stores.sqlite.encoding import from_us, to_us

_FIRST_DAY = date(1970, 1, 1)

_COUNT = """
    insert into reads (asset, day, reader, reads, newest_us) values (?, ?, ?, 1, ?)
    on conflict do update set
        reads = reads + 1, newest_us = max(newest_us, excluded.newest_us)
"""


def count(connection: sqlite3.Connection, noted: Iterable[Read]) -> None:
    """Count reads, and forget those of the same tables long before, in the open write transaction."""
    for one in noted:
        day = _number(one.at.astimezone(UTC).date())
        connection.execute(_COUNT, (one.asset, day, one.reader, to_us(one.at)))
        connection.execute(
            "delete from reads where asset = ? and day < ?", (one.asset, day - KEPT_DAYS)
        )


def reads(connection: sqlite3.Connection, since: date) -> list[Reads]:
    """By table and reader; counted are those since a day."""
    rows = connection.execute(
        "select asset, reader, sum(iif(day >= ?, reads, 0)), max(newest_us) from reads"
        " group by asset, reader order by asset, reader",
        (_number(since),),
    )
    return [
        Reads(asset=asset, reader=reader, count=found, newest=from_us(us))
        for asset, reader, found, us in rows
    ]


def counting_since(connection: sqlite3.Connection) -> datetime | None:
    """Since when reads are counted; None if they were from the first day of the catalog."""
    (us,) = connection.execute("select counting_us from recorded").fetchone()
    return from_us(us) if us else None


def _number(day: date) -> int:
    return (day - _FIRST_DAY).days
