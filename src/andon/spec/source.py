"""Declared sources: outside systems and the raw tables read from them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.errors import Where
from andon.names import AssetName
from andon.spec.check import Check, Tolerance
from andon.spec.origin import FilesOrigin, Origin, mode_of
from andon.spec.policy import OPEN, Accepted, ColumnRule, SchemaPolicy

Format = Literal["csv", "tsv", "fixed", "json", "jsonl", "xml", "xlsx", "avro", "parquet", "files"]


class CsvDialect(Struct, frozen=True, kw_only=True):
    """How a delimited file is read; None is detected per source.

    Attributes:
        delimiter, quote: one character each.
        header: whether the first row names the columns.
        encoding: name of the text encoding, ``utf-8`` if None.
        nulls: words that mean null; None is detected (the empty field always is null).
        escape: one character that takes the meaning from the next; empty is none.
        comment: what a line begins with that is no record; empty is nothing.
        decimal: sign before the fraction of numbers, the other of comma and point groups their
            digits; empty is the point, and no groups.
        dates: patterns of dates and times beside ISO 8601, in the letters of strftime.
    """

    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    encoding: str | None = None
    nulls: tuple[str, ...] | None = None
    escape: str = ""
    comment: str = ""
    decimal: str = ""
    dates: tuple[str, ...] = ()


class FixedField(Struct, frozen=True, kw_only=True):
    """A field of fixed width: its name, the place of its first character from 1, its width."""

    name: str
    start: int
    width: int


class SourceTable(Struct, frozen=True, kw_only=True):
    """One table of a source: what is acquired from an origin and read into a raw table.

    Attributes:
        name: asset name, ``<source>.<table>``.
        origin: where it comes from; system: declared identity of the outside system.
        format: of the landed bytes; None is told from the file name.
        dialect: for csv and tsv.
        records: for documents, dotted path to the list of records; empty is the document itself.
            For XML, the path of the repeated element; empty is what lies in the root.
        widths: for text of fixed width, its fields.
        sheet: for spreadsheets; empty is the first that holds cells.
        text_limit: for file sets, bytes of a text document that are kept as text; None is the usual.
        expand_limit: most bytes that a compressed file may become; None is by its own size.
        columns: declared types by column; they win over the inferred ones.
        contract: path of the data contract that promises columns, relative to the project.
        unheld: rules of the contract that nothing holds to yet, in words.
        rules: what is written about columns beside it; accepted: what both come to.
        schema_policy: what is done with columns and values that were not declared.
        column_notes: per column free declarations (description, classification), for people.
        limit: malformed rows that may be set aside (share or count) before the load fails.
        where_path: file that declares it, relative to the project.
    """

    name: AssetName
    source: str
    origin: Origin
    system: str = ""
    format: Format | None = None
    dialect: CsvDialect = CsvDialect()
    records: str = ""
    widths: tuple[FixedField, ...] = ()
    sheet: str = ""
    text_limit: int | None = None
    expand_limit: int | None = None
    columns: tuple[tuple[str, str], ...] = ()
    contract: str = ""
    unheld: tuple[str, ...] = ()
    rules: tuple[ColumnRule, ...] = ()
    accepted: Accepted = Accepted()
    schema_policy: SchemaPolicy = OPEN
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

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of files; nothing for other origins."""
        return self.origin.paths if isinstance(self.origin, FilesOrigin) else ()

    @property
    def where(self) -> Where | None:
        """The file that declares it, for errors."""
        return Where(path=self.where_path) if self.where_path else None

    @property
    def is_open(self) -> bool:
        """Whether every column and value is taken in as it comes."""
        return self.schema_policy.is_open and not self.accepted.words

    @property
    def is_merged(self) -> bool:
        """Whether a later row replaces the earlier one of its key."""
        return mode_of(self.origin) == "merge"


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
