"""Usage: what a source or a raw table costs, and who has use of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from andon.observe.cost import Bytes, Work
from andon.observe.use import Use


class Usage(Struct, frozen=True, kw_only=True):
    """Cost and use of one raw table, or of all tables of a source.

    Attributes:
        days: the period that reads, runs and seconds are told of, up to now.
        deliveries: how many ever arrived; first_arrival, last_arrival: when, None if none did.
        bytes: what is kept because of it.
        work: what its own tables took in the period; work_on: the tables that read them directly.
        built_on: names of those tables.
        use: reads of the tables and of all that is built from them, near or far.
        idle: for how long nobody is known to have read any of these; None if nothing arrived yet.
    """

    days: int
    deliveries: int
    first_arrival: datetime | None
    last_arrival: datetime | None
    bytes: Bytes
    work: Work
    work_on: Work
    built_on: tuple[str, ...]
    use: Use
    idle: timedelta | None

    def is_unread_for(self, days: int) -> bool:
        """Whether nobody is known to have read any of it for so many days, though it could be read."""
        return self.idle is not None and self.idle >= timedelta(days=days)


class SourceUsage(Struct, frozen=True, kw_only=True):
    """Cost and use of one source.

    Attributes:
        kind: files, postgres, mysql, sqlite, duckdb, http, python or push.
        whole: of all its tables together; tables: of each by name.
    """

    source: str
    kind: str
    system: str
    owner: str
    whole: Usage
    tables: tuple[tuple[str, Usage], ...]


class SourceReport(Struct, frozen=True, kw_only=True):
    """Sources with what they cost and who has use of them.

    Attributes:
        days: the period that reads, runs and seconds are told of.
        unread: days for which nobody read any of those that are listed; None if all are listed.
        counting_since: since when reads are counted, what was read before is not known; None if they
            always were.
        kept: bytes that arrived for these sources, as they lie in the store; what several have in
            common counts once.
        is_too_early: whether reads are not counted for as long as was asked for.
    """

    days: int
    unread: int | None
    counting_since: datetime | None
    sources: tuple[SourceUsage, ...]
    kept: int
    is_too_early: bool = False
