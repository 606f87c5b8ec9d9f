"""Port of the engine that runs SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from andon.schema import Schema

Scalar = None | bool | int | float | str


class Written(Struct, frozen=True, kw_only=True):
    """A file the engine wrote: rows and bytes. It is not durable yet."""

    rows: int
    bytes: int


class Uses(Struct, frozen=True, kw_only=True):
    """Names in a query as the engine's own parser sees them.

    Attributes:
        tables: dotted names of all tables that are no CTEs in scope, as written.
        functions: names of all functions, operators among them, without schema.
    """

    tables: frozenset[str]
    functions: frozenset[str]


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
            query: known to be one select (`parse_uses` told it).

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

    def parse_references(self, sql: str) -> Sequence[tuple[str, int, int]]:
        """Tables a query reads by the engine's own parser: (dotted name, start, end) offsets."""
        ...

    def may_reach_out(self, sql: str) -> bool:
        """Whether a query could read or call what is not its own, by the engine's own tokens.

        False is certain, and says that it is one query; True asks for `parse_uses`. It costs little.
        """
        ...

    def parse_uses(self, sql: str) -> Uses | None:
        """What one select reads and calls by the engine's own parser; None if its tree is not told."""
        ...

    def define_macros(self, statements: Sequence[str]) -> None:
        """Create macros, in order; repeating replaces them."""
        ...

    def interrupt(self) -> None:
        """Stop everything that runs now; each call raises `Cancelled`."""
        ...

    def close(self) -> None:
        """Release memory and spill files. Safe to repeat."""
        ...
