"""Port of a reader that acquires files and reads them into raw tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from andon.acquisition.arrivals import Arrivals as Arrivals
from andon.acquisition.arrivals import Found as Found
from andon.catalog.records import DataFile, Delivery, Snapshot
from andon.schema import Schema
from andon.spec.source import SourceTable


class NewPart(Struct, frozen=True, kw_only=True):
    """A staged Parquet file of a raw table.

    Attributes:
        role: ``data``, or ``aside`` for malformed rows (columns file, line, reason, text).
        label: comma-separated ids of the deliveries in it.
    """

    staged: Path
    rows: int
    label: str
    role: str = "data"


class RawTable(Struct, frozen=True, kw_only=True):
    """A raw table read from deliveries.

    Attributes:
        schema: declared and inferred columns, then ``_file`` (VARCHAR) and ``_row`` (BIGINT, from 1).
        kept: files of the prior snapshot that are reused as they are.
        parts: newly staged files.
        rows: rows served; set_aside: malformed rows.
        facts: facts to remember per delivery id (JSON text), e.g. the types that fit each column.
        query: where files are read as they were landed: SQL of all rows, with marks for their
            paths; `kept` then names the landed files.
    """

    schema: Schema
    kept: tuple[DataFile, ...]
    parts: tuple[NewPart, ...]
    rows: int
    set_aside: int
    facts: tuple[tuple[str, str], ...] = ()
    query: str = ""


class SourceReader(Protocol):
    """Finds, lands and reads files. Reading is a pure function of the set of deliveries."""

    def look(
        self, table: SourceTable, known: Sequence[Delivery], last_run: datetime | None
    ) -> Arrivals:
        """Compare origin and catalog; writes nothing. Reads bytes only where size or time differ,
        or the file is younger than `last_run` plus two seconds."""
        ...

    def land(
        self, table: SourceTable, arrivals: Arrivals, run_id: str, now: datetime
    ) -> tuple[Delivery, ...]:
        """Keep the bytes of new and changed files durable; the records are not committed yet.
        Repeated files get a record too (same content), so that the reading stays a function of the
        set of deliveries. Safe to repeat: ids are content-based."""
        ...

    def build(
        self,
        table: SourceTable,
        deliveries: Sequence[Delivery],
        prior: Snapshot | None,
        stage: Callable[[str], Path],
        *,
        in_place: bool = False,
    ) -> RawTable:
        """Read landed deliveries into a typed raw table, reusing files of `prior` where it can.

        With `in_place` landed files that the engine reads as fast as its own need not be copied.

        Raises:
            TaskFailed: (SRC...) malformed rows beyond the limit, unreadable file, unknown format.
        """
        ...

    def restore(self, deliveries: Sequence[Delivery]) -> None:
        """Hash the landed bytes of a table; land anew, from the origin, what is missing or altered.

        Raises:
            DataCorrupt: (STO003) the origin does not hold these bytes any more.
        """
        ...
