"""Declared sources of files."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.names import AssetName
from andon.spec.check import Check, Tolerance

Format = Literal["csv", "tsv", "json", "jsonl", "parquet"]


class CsvDialect(Struct, frozen=True, kw_only=True):
    """How a delimited file is read; None is detected per source.

    Attributes:
        delimiter, quote: one character each.
        header: whether the first row names the columns.
        encoding: name of the text encoding, ``utf-8`` if None.
        nulls: words that mean null; None is detected (the empty field always is null).
    """

    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    encoding: str | None = None
    nulls: tuple[str, ...] | None = None


class SourceTable(Struct, frozen=True, kw_only=True):
    """One table of a source: files by path or glob that are read into a raw table.

    Attributes:
        name: asset name, ``<source>.<table>``.
        paths: paths or globs, relative to the project.
        format: None is told from the file name.
        dialect: for csv and tsv.
        columns: declared types by column; they win over the inferred ones.
        column_notes: per column free declarations (description, classification), for people.
        limit: malformed rows that may be set aside (share or count) before the load fails.
        where_path: file that declares it, relative to the project.
    """

    name: AssetName
    source: str
    paths: tuple[str, ...]
    format: Format | None = None
    dialect: CsvDialect = CsvDialect()
    columns: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()
    key: tuple[str, ...] = ()
    limit: Tolerance = Tolerance(share=0.01)
    quarantine_limit: Tolerance = Tolerance(share=0.01)
    together: tuple[str, ...] = ()
    column_notes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    where_path: str = ""


class SourceSpec(Struct, frozen=True, kw_only=True):
    """A source: an outside system that data is acquired from.

    Attributes:
        name: file name below ``sources/``; the schema of its raw tables.
        system: declared identity of the system; changing it starts anew.
        legal_basis: on what ground the data may be kept; for people.
    """

    name: str
    path: str
    tables: tuple[SourceTable, ...]
    system: str = ""
    legal_basis: str = ""
    owner: str = ""
    description: str = ""
