"""Reading of a SQL asset: one query as text becomes a plain record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from andon.errors import Problem
from andon.sql.body import Span, SqlBody, TableRef
from andon.sql.canonical import canonical
from andon.sql.clocks import clock_names, clocks
from andon.sql.collisions import collisions, shadows
from andon.sql.hazards import order_hazards
from andon.sql.lex import Token, lex
from andon.sql.outputs import outputs
from andon.sql.outside import refused_calls, refused_files
from andon.sql.parse import NotParsed, is_query, parse
from andon.sql.place import place
from andon.sql.references import files_named, references
from andon.sql.unnamed import unnamed_columns

_QUOTED_FILE: Final = re.compile(r"""['"][^'"]*[./\\:*?]""")
"""Something in quotes that may name a file; many texts hold none."""

_NOT_CALLED: Final = frozenset(
    "in using and or not on where as over from select by when then else case exists any all "
    "values union except intersect having qualify limit with distinct join lateral is between "
    "filter group for like ilike returning into".split()
)


def read_sql(
    text: str, start: int, path: str, *, seeded: bool = False
) -> tuple[SqlBody, tuple[Problem, ...]]:
    """Reads the one query of a SQL asset.

    Args:
        text: the whole file, header included.
        start: offset at which the query begins.
        path: file relative to the project, for problems.
        seeded: whether the project declares a seed, so that random functions are allowed.

    Returns:
        The body, and all its problems: errors SQL001 to SQL008, warnings SQL020 to SQL024.

    Raises:
        NotParsed: if the parser does not understand it; `read_opaque` takes what the engine finds.
    """
    tokens = lex(text, start)
    try:
        trees = parse(text[start:])
    except NotParsed as error:
        raise _moved(error, text, start) from error
    if len(trees) != 1:
        problem = _not_one_query(text, start, path, len(trees))
        return body_of(text, start, tokens, ()), (problem,)
    if not is_query(trees[0]):
        return body_of(text, start, tokens, ()), (_not_a_query(text, tokens[0], path),)
    tables, drops = references(trees[0], start)
    body = replace(body_of(text, start, tokens, tables, drops), columns=outputs(trees[0]))
    unnamed = unnamed_columns(trees[0], text, start, path)
    hidden = shadows(body, trees[0], path)
    found = findings(body, tokens, path, seeded=seeded)
    told = {(p.where.line, p.where.column) for p in found if p.where and p.code == "SQL003"}
    named = files_named(trees[0], start) if _QUOTED_FILE.search(text, start) else ()
    files = [
        problem
        for problem in refused_files(text, named, path)
        if problem.where and (problem.where.line, problem.where.column) not in told
    ]
    return body, (*unnamed, *hidden, *files, *found)


def body_of(
    text: str,
    start: int,
    tokens: Sequence[Token],
    tables: Sequence[TableRef],
    drops: Sequence[Span] = (),
) -> SqlBody:
    """The record of a query whose tables are known; all the rest is in its tokens."""
    times = clocks(text, tokens)
    return SqlBody(
        text=text,
        start=start,
        canonical=canonical(tokens),
        tables=_with_keyword(tables, tokens) if "table" in text.lower() else tuple(tables),
        drops=(*drops, *_tail(text, tokens)),
        clocks=times,
        clock_names=clock_names(text, tokens, times),
        parameters=_parameters(tokens),
        functions=called(tokens),
    )


def findings(
    body: SqlBody, tokens: Sequence[Token], path: str, *, seeded: bool
) -> tuple[Problem, ...]:
    """Problems that tokens and tables show, for parsed and for opaque queries."""
    return (
        *collisions(body, tokens, path),
        *_positional(body.text, tokens, path),
        *refused_calls(body.text, tokens, path, seeded=seeded),
        *order_hazards(body.text, body.start, tokens, path),
    )


def called(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Lower-case names before an opening parenthesis, each once; may hold names of CTEs too."""
    names = (
        one.lower.strip('"')
        for one, two in pairwise(tokens)
        if two.text == "(" and one.kind in {"word", "quoted"}
    )
    return tuple(dict.fromkeys(name for name in names if name not in _NOT_CALLED))


def _moved(error: NotParsed, text: str, start: int) -> NotParsed:
    """The error with its place counted from the start of the file."""
    shift = start - (text.rfind("\n", 0, start) + 1)
    return NotParsed(
        line=error.line + text.count("\n", 0, start),
        column=error.column + (shift if error.line == 1 else 0),
        reason=error.reason,
    )


def _with_keyword(tables: Sequence[TableRef], tokens: Sequence[Token]) -> tuple[TableRef, ...]:
    """Tables with the span of `table name` taken whole: in its place goes a query."""
    before = {two.start: one for one, two in pairwise(tokens) if one.lower == "table"}
    return tuple(
        replace(table, span=replace(table.span, start=before[table.span.start].start))
        if table.span.start in before
        else table
        for table in tables
    )


def _tail(text: str, tokens: Sequence[Token]) -> tuple[Span, ...]:
    """What follows the last token: semicolons and comments would break a query in parentheses."""
    end = next((token.end for token in reversed(tokens) if token.text != ";"), len(text))
    return (Span(start=end, end=len(text)),) if end < len(text) else ()


def _parameters(tokens: Sequence[Token]) -> tuple[str, ...]:
    names = (token.text[1:] for token in tokens if token.kind == "parameter")
    return tuple(dict.fromkeys(name for name in names if name and not name.isdigit()))


def _not_one_query(text: str, start: int, path: str, count: int) -> Problem:
    return Problem(
        code="SQL001",
        what=f"{path} holds {count} statements" if count else f"{path} holds no query",
        why="a SQL asset is exactly one query; its result is the table",
        fix="keep one select, and move the rest into assets of their own",
        where=place(text, start, path),
    )


def _not_a_query(text: str, first: Token, path: str) -> Problem:
    return Problem(
        code="SQL002",
        what=f"{path} is not a query: it begins with `{first.text}`",
        why="an asset says what its rows are; Andon creates, fills and replaces the table",
        fix="write the select alone, without create, insert, copy or set",
        where=place(text, first.start, path, len(first.text)),
    )


def _positional(text: str, tokens: Sequence[Token], path: str) -> list[Problem]:
    return [
        Problem(
            code="SQL006",
            what=f"{path} uses the parameter `{token.text}`, which has no name",
            why="parameters are declared in andon.toml and bound by name",
            fix="write `$name` and declare `name` under [parameters] in andon.toml",
            where=place(text, token.start, path, len(token.text)),
        )
        for token in tokens
        if token.kind == "parameter" and (token.text == "?" or token.text[1:].isdigit())
    ]
