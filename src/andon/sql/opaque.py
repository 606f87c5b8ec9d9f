"""Reading of a query that only the engine's own parser understands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from andon.errors import Problem
from andon.sql.body import Span, SqlBody, TableRef
from andon.sql.canonical import FIXED_WORDS
from andon.sql.lex import Token, lex
from andon.sql.place import place
from andon.sql.read import body_of, findings

_NO_ALIAS: Final = FIXED_WORDS | {"at", "window", "by", "set"}


def read_opaque(
    text: str,
    start: int,
    path: str,
    references: Iterable[tuple[str, int, int]],
    *,
    seeded: bool = False,
) -> tuple[SqlBody, tuple[Problem, ...]]:
    """Reads a query by its tokens and by the tables that the engine's parser found.

    Args:
        text, start, path, seeded: as for `read_sql`.
        references: dotted name, start and end (excluded) within ``text[start:]``.

    Returns:
        The body, marked opaque, and its problems, among them the warning SQL009.
    """
    tokens = lex(text, start)
    tables = sorted(
        (
            _table(name, Span(start=start + begin, end=start + end), tokens)
            for name, begin, end in references
        ),
        key=lambda table: table.span.start,
    )
    body = replace(
        body_of(text, start, tokens, tables, _drops(tokens, tables)),
        is_opaque=True,
    )
    warning = Problem(
        code="SQL009",
        what=f"{path} holds SQL that only the engine's own parser understands",
        why="it runs as it is, but lineage counts every column of its inputs as read",
        fix="nothing has to be done; a plainer spelling gives finer lineage",
        where=place(text, tokens[0].start if tokens else start, path),
        severity="warning",
    )
    return body, (warning, *findings(body, tokens, path, seeded=seeded))


def _table(name: str, span: Span, tokens: Sequence[Token]) -> TableRef:
    following = next((token for token in tokens if token.start >= span.end), None)
    preceding = next((token for token in reversed(tokens) if token.end <= span.start), None)
    has_alias = preceding is not None and preceding.text == ":"
    if following is not None:
        word = following.lower
        has_alias |= word == "as" or following.kind == "quoted"
        has_alias |= following.kind == "word" and word not in _NO_ALIAS
    return TableRef(name=name.lower(), span=span, has_alias=has_alias)


def _drops(tokens: Sequence[Token], tables: Sequence[TableRef]) -> list[Span]:
    """Qualifiers of columns: a table's whole name, followed by a dot, elsewhere than in FROM."""
    spans = {(table.span.start, table.span.end) for table in tables}
    names = {tuple(table.name.split(".")) for table in tables if not table.has_alias}
    drops: list[Span] = []
    for parts in names:
        length = 2 * len(parts) - 1
        for index in range(len(tokens) - length):
            chain = tokens[index : index + length]
            if tuple(token.lower.strip('"') for token in chain[::2]) != parts:
                continue
            is_chain = all(token.text == "." for token in (*chain[1::2], tokens[index + length]))
            if is_chain and (chain[0].start, chain[-1].end) not in spans:
                drops.append(Span(start=chain[0].start, end=chain[-1].start))
    return sorted(drops, key=lambda span: span.start)
