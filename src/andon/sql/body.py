"""What is known of a SQL text after it was read; plain records that can be cached."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ClockKind = Literal["timestamptz", "timestamp", "date", "time", "timetz"]
"""Type of the literal that takes the place of a clock function."""


class Span(Struct, frozen=True, kw_only=True):
    """A part of a SQL text by character offsets, end excluded."""

    start: int
    end: int


class TableRef(Struct, frozen=True, kw_only=True):
    """One mention of a table in a SQL text.

    Attributes:
        name: dotted name as resolved (lower case).
        span: the dotted name in the text, without alias; of ``table name``, both words.
        has_alias: whether an alias follows in the text.
    """

    name: str
    span: Span
    has_alias: bool


class SqlBody(Struct, frozen=True, kw_only=True, tag=True):
    """A parsed SQL asset. Everything in it is plain and can be cached.

    Attributes:
        text: the whole file as written, header included; spans point into it.
        start: offset of the first character after the header.
        canonical: canonical form (no layout, no comments, keywords in one case).
        tables: mentions of tables that are not CTEs of the query.
        drops: spans to cut when bound: schema qualifiers of columns (``staging.`` of
            ``staging.t.c``).
        clocks: spans of clock functions, each with the kind of literal that takes its place.
        clock_names: where a clock alone is a column of the result: offset after it, and the name
            that the column has.
        parameters: names of ``$name`` parameters read.
        functions: lower-case names of all functions called, among them project macros.
        columns: names of the columns of its result, where the text alone tells all of them.
        is_opaque: True if only the engine's own parser understood it.
    """

    text: str
    start: int
    canonical: str
    tables: tuple[TableRef, ...]
    drops: tuple[Span, ...] = ()
    clocks: tuple[tuple[Span, ClockKind], ...] = ()
    clock_names: tuple[tuple[int, str], ...] = ()
    parameters: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    is_opaque: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the tables read, each once, in order of first mention."""
        return tuple(dict.fromkeys(table.name for table in self.tables))


class Macro(Struct, frozen=True, kw_only=True):
    """A `create macro` statement of ``macros/``.

    Attributes:
        name: lower-case name.
        sql: the whole statement.
        canonical: its canonical form.
        calls: lower-case names of functions its body calls.
    """

    name: str
    sql: str
    canonical: str
    calls: tuple[str, ...]
    path: str
