"""Who read what: single reads, and what the catalog keeps of them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

KEPT_DAYS = 400
"""Days of reads that are kept of a table, counted back from its newest one."""


class Read(Struct, frozen=True, kw_only=True):
    """Somebody got rows of a published table.

    Attributes:
        reader: name of the person or program.
    """

    asset: str
    reader: str
    at: datetime


class Reads(Struct, frozen=True, kw_only=True):
    """The reads of one table by one reader.

    Attributes:
        count: how many there were since the day that was asked for, which may be none.
        newest: when the last one was, however long ago.
    """

    asset: str
    reader: str
    count: int
    newest: datetime
