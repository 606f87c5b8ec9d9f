"""Filling in: parameters of a query that is kept become literals; a stored query has nobody to bind."""

from __future__ import annotations

from collections.abc import Mapping

from andon.sql.lex import lex
from andon.sql.quote import Value, literal


def fill(sql: str, values: Mapping[str, Value]) -> str:
    """The query with every ``$name`` that has a value replaced by a typed literal.

    >>> fill("select $limit, '$limit'", {"limit": 3})
    "select 3, '$limit'"
    """
    return put(sql, {name: literal(value) for name, value in values.items()})


def put(sql: str, texts: Mapping[str, str]) -> str:
    """The query with every ``$name`` that has a text replaced by that text."""
    pieces: list[str] = []
    position = 0
    for token in lex(sql):
        name = token.text[1:]
        if token.kind == "parameter" and name in texts:
            pieces += (sql[position : token.start], texts[name])
            position = token.end
    pieces.append(sql[position:])
    return "".join(pieces)
