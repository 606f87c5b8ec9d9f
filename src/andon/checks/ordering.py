"""Order terms of `keep: first by`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from andon.schema import Schema
from andon.sql.quote import identifier


class Term(Struct, frozen=True):
    """One order term: a column and its direction."""

    column: str
    descends: bool


def term_of(text: str) -> Term:
    """Reads ``column``, ``column asc`` or ``column desc``.

    >>> term_of("updated_at desc"), term_of("id")
    (Term(column='updated_at', descends=True), Term(column='id', descends=False))
    """
    column, _, direction = text.strip().rpartition(" ")
    if column and direction.lower() in ("asc", "desc"):
        return Term(column.strip(), direction.lower() == "desc")
    return Term(text.strip(), descends=False)


def order_by(terms: Sequence[str], schema: Schema) -> str:
    """Total order of rows: the terms, nulls last, then every other column.

    Rows that are still equal are equal in every value, so it does not matter which one stays.
    """
    read = [term_of(text) for text in terms]
    named = {term.column.casefold() for term in read}
    rest = [Term(name, False) for name in schema.names if name.casefold() not in named]
    return ", ".join(
        f"{identifier(term.column)} {'desc' if term.descends else 'asc'} nulls last"
        for term in (*read, *rest)
    )
