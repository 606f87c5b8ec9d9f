"""Port of a reader that reads what was landed into raw tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import DataFile, Delivery, Snapshot
from andon.errors import Problem
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
        rows: rows served; set_aside: malformed rows, and those not as declared; nulled: values that
            were made null since they do not fit their declared type.
        facts: facts to remember per delivery id (JSON text), e.g. the types that fit each column.
        query: where files are read as they were landed: SQL of all rows, with marks for their
            paths; `kept` then names the landed files.
        deliveries: what the rows were read from; what could not be read is marked ``refused``.
        over_limit: why none of it is served: more records are malformed than the table allows. Then
            the parts are these records alone.
    """

    schema: Schema
    kept: tuple[DataFile, ...]
    parts: tuple[NewPart, ...]
    rows: int
    set_aside: int
    nulled: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    query: str = ""
    deliveries: tuple[Delivery, ...] = ()
    over_limit: Problem | None = None


class SourceReader(Protocol):
    """Reads landed bytes. Reading is a pure function of the set of deliveries."""

    def build(
        self,
        table: SourceTable,
        deliveries: Sequence[Delivery],
        prior: Snapshot | None,
        stage: Callable[[str], Path],
        *,
        in_place: bool = False,
        earlier: Callable[[], Sequence[Delivery]] = tuple,
    ) -> RawTable:
        """Read landed deliveries into a typed raw table, reusing files of `prior` where it can.

        With `in_place` landed files that the engine reads as fast as its own need not be copied.
        A delivery that cannot be read is left out, and the newest of the `earlier` versions at its
        path is read for it.

        Raises:
            TaskFailed: (SRC...) no delivery can be read, or what is declared does not fit them.
        """
        ...

    def restore(self, deliveries: Sequence[Delivery], again: Callable[[Load], bool]) -> None:
        """Hash the landed bytes of a table; what is missing or altered is landed `again`.

        Raises:
            DataCorrupt: (STO003) the origin does not hold these bytes any more.
        """
        ...
