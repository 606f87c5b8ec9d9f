"""What a database is asked: one select over one table or query, composed without any value in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from andon.acquisition.cursors.cursor import CursorKind


class Ask(Struct, frozen=True, kw_only=True):
    """One question to a database.

    Attributes:
        relation: parts of the table's name; query: one select; one of the two is empty.
        columns: what is asked for; empty is all of it.
        texts: columns, in lower case, that are wanted as text whatever their type is.
        cursor, kind: column that rows are chosen and ordered by, and what it is compared as.
        since: canonical text of the smallest value wanted; None is without a bound.
        only: ``nulls`` rows without a cursor value; ``values`` rows with one.
        key: columns with what they are compared as; among: values of them, as canonical texts, one of
            which a row has to have. A database may compare more loosely and give others too.
        order: columns that rows are ordered by; is_down: from the largest.
        limit: most rows.
    """

    relation: tuple[str, ...] = ()
    query: str = ""
    columns: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()
    cursor: str = ""
    kind: CursorKind | None = None
    since: str | None = None
    only: Literal["", "nulls", "values"] = ""
    key: tuple[tuple[str, CursorKind], ...] = ()
    among: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    is_down: bool = False
    limit: int | None = None

    @property
    def name(self) -> str:
        """The table as people know it."""
        return ".".join(self.relation) or "the query"

    @property
    def bounds(self) -> tuple[tuple[str, CursorKind, str], ...]:
        """Column, kind and text of every value that rows are compared with, in order of the select."""
        keys = tuple(
            (name, kind, text)
            for one in self.among
            for (name, kind), text in zip(self.key, one, strict=True)
        )
        if self.since is None or self.kind is None:
            return keys
        return ((self.cursor, self.kind, self.since), *keys)


def names_of(relation: str) -> tuple[str, ...]:
    """Parts of a table's name, split at dots outside of double quotes.

    >>> names_of("public.orders"), names_of('"My.Schema".t')
    (('public', 'orders'), ('My.Schema', 't'))
    """
    parts, quoted = [""], False
    for char in relation:
        if char == '"':
            quoted = not quoted
        elif char == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(parts)


def source_of(ask: Ask, quote: Callable[[str], str]) -> str:
    """The table or query as something to select from."""
    if ask.relation:
        return ".".join(quote(part) for part in ask.relation)
    return f"(\n{ask.query.strip().rstrip(';')}\n) as andon_asked"


def statement(
    ask: Ask,
    outputs: Sequence[str],
    quote: Callable[[str], str],
    bounds: Sequence[str],
    compared: Callable[[str], str] = str,
) -> str:
    """The select of a question.

    Args:
        outputs: expressions selected.
        quote: of the database, for names.
        bounds: expressions that stand for the values of `Ask.bounds`.
        compared: expression by which the cursor is compared, from its quoted name.
    """
    cursor = quote(ask.cursor) if ask.cursor else ""
    where, values = [], iter(bounds)
    if ask.only:
        where.append(f"{cursor} is {'null' if ask.only == 'nulls' else 'not null'}")
    if ask.since is not None:
        where.append(f"{compared(cursor)} >= {next(values)}")
    if ask.among:
        each = (
            " and ".join(f"{quote(name)} = {next(values)}" for name, _ in ask.key)
            for _ in ask.among
        )
        where.append(f"({' or '.join(f'({one})' for one in each)})")
    text = f"select {', '.join(outputs)} from {source_of(ask, quote)}"
    if where:
        text += f" where {' and '.join(where)}"
    if ask.order:
        way = " desc" if ask.is_down else ""
        ordered = (
            compared(quote(name)) if name == ask.cursor else quote(name) for name in ask.order
        )
        text += f" order by {', '.join(f'{name}{way}' for name in ordered)}"
    return text if ask.limit is None else f"{text} limit {ask.limit}"
