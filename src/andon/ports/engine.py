"""Port of the engine that runs SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from andon.ports.sql_reader import SqlReader
from andon.schema import Schema

Scalar = None | bool | int | float | str


class Written(Struct, frozen=True, kw_only=True):
    """A file the engine wrote: rows and bytes. It is not durable yet."""

    rows: int
    bytes: int


class Held(Struct, frozen=True, kw_only=True):
    """Rows of a query in the memory of the engine: their schema, and the table that holds them."""

    schema: Schema
    table: str


class Engine(Protocol):
    """Runs SQL in process. Thread-safe: every call uses a cursor of its own.

    Errors: a fault of the query or the data raises `TaskFailed` (ENG...), lack of disk or memory
    raises `TaskFailed` or `Unavailable` with its own code, an interrupt raises `Cancelled`.
    Session: UTC, fixed collation, no extension is installed, no file outside the store is readable.
    """

    @property
    def version(self) -> str:
        """Version as text, e.g. ``2.0.0``."""
        ...

    @property
    def reader(self) -> SqlReader:
        """How this engine reads SQL."""
        ...

    def scan(self, schema: Schema, paths: Sequence[Path]) -> str:
        """Table expression in parentheses that reads stored files in the declared types."""
        ...

    def describe(self, query: str, parameters: Mapping[str, Scalar]) -> Schema:
        """Schema of a query without running it; `Column.stored` says where Parquet needs another form."""
        ...

    def hold(
        self, query: str, parameters: Mapping[str, Scalar]
    ) -> AbstractContextManager[Held | None]:
        """Run a query once and keep its rows in memory while the context is open, so that they are
        planned, written and judged without being computed or read again. For few rows.

        Args:
            query: known to be one select (its `reader` told it).

        Yields:
            None if the rows kept could behave otherwise than the rows written, as under a
            collation, or are refused: then `describe` and `write` say why, or do it.
        """
        ...

    def write(
        self,
        query: str,
        parameters: Mapping[str, Scalar],
        schema: Schema,
        path: Path,
    ) -> Written:
        """Write a query's rows as one Parquet file in the columns, order and types of `schema`.

        Not durable: the table store makes it so. Repeating overwrites the file.
        """
        ...

    def rows(self, query: str, parameters: Mapping[str, Scalar] = ...) -> list[tuple[Any, ...]]:
        """All rows of a (small) result, as Python values."""
        ...

    def digest_columns(self, schema: Schema) -> tuple[str, str]:
        """Two aggregate expressions over a relation of that schema: the sums of the high and of the
        low 64 bits of the row hashes, as HUGEINT; they share a scan with the checks."""
        ...

    def digest_algorithm(self) -> str:
        """Name, version and engine version of the digest; unlike ones are never compared."""
        ...
