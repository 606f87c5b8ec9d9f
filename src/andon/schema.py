"""Columns of a table: names and engine types, in order."""

from __future__ import annotations

from msgspec import Struct

from andon.hashing import value_hash


class Column(Struct, frozen=True, kw_only=True):
    """One column.

    Attributes:
        name: as the query wrote it; compared without case by the engine.
        type: type as the query gave it, in DuckDB's spelling, e.g. ``HUGEINT``.
        stored: type in the Parquet file where that differs (a lossless form), else None.
    """

    name: str
    type: str
    stored: str | None = None


class Schema(Struct, frozen=True):
    """Columns in order. Nullability is a matter of checks, not of the schema."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def hash(self) -> str:
        """Hash of names, order and types; how a type is stored is not part of it."""
        return value_hash([[column.name, column.type] for column in self.columns])

    def column(self, name: str) -> Column | None:
        """The column of that name, compared without case, or None."""
        folded = name.casefold()
        return next((c for c in self.columns if c.name.casefold() == folded), None)
