"""Columns of a table: names and engine types, in order."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.hashing import value_hash

ChangeKind = Literal["new", "vanished", "widened", "narrowed", "retyped", "renamed"]


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


class FieldChange(Struct, frozen=True, kw_only=True):
    """How one column, or one field within a column, differs from what it was.

    Attributes:
        path: its name; of a nested field the way to it: ``address.zip``, ``items[].sku``.
        kind: widened holds every value that it held before, narrowed not every one, retyped is
            another kind of value. Vanished from what arrives may still be kept by the table.
        is_breaking: whether what reads the column may stop to work, or to be true.
        before, after: types; empty where there is none.
        was: former path of what was renamed.
        sureness: from 0 to 1; below 1 where it was told by evidence.
        is_kept: of a vanished one, whether the table keeps it, null in new rows.
    """

    path: str
    kind: ChangeKind
    is_breaking: bool
    before: str = ""
    after: str = ""
    was: str = ""
    sureness: float = 1.0
    is_kept: bool = False
