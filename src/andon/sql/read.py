"""Reading of a SQL asset: one query as text becomes a plain record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from andon.errors import Problem, Where
from andon.sql.body import ClockKind, Span, SqlBody
from andon.sql.canonical import canonical
from andon.sql.lex import Token, lex
from andon.sql.parse import NotParsed, parse
from andon.sql.references import references

if TYPE_CHECKING:
    from sqlglot import exp

_CLOCKS: Final[dict[str, ClockKind]] = {
    "now": "timestamptz",
    "get_current_timestamp": "timestamptz",
    "transaction_timestamp": "timestamptz",
    "current_localtimestamp": "timestamp",
    "today": "date",
    "get_current_time": "timetz",
    "current_localtime": "time",
    "current_date": "date",
}
_BARE_CLOCKS: Final[dict[str, ClockKind]] = {
    "current_date": "date",
    "current_time": "timetz",
    "current_timestamp": "timestamptz",
    "localtime": "time",
    "localtimestamp": "timestamp",
}
_ANY_CLOCK: Final = re.compile("|".join(_CLOCKS | _BARE_CLOCKS), re.IGNORECASE)
_BEFORE_PAREN: Final = frozenset(
    "in using and or not on where as over from select by when then else case exists any all "
    "values union except intersect having qualify limit with distinct join lateral".split()
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
        The body, and all problems of it: errors (SQL001...) and warnings.

    Raises:
        NotParsed: if the parser does not understand it; `read_opaque` takes what the engine finds.
    """
    query = text[start:]
    tokens = lex(text, start)
    try:
        trees = parse(query)
    except NotParsed as error:
        raise _moved(error, text, start) from error
    if len(trees) != 1:
        body = SqlBody(text=text, start=start, canonical=canonical(tokens), tables=())
        return body, (_not_one_query(text, start, path, len(trees)),)
    found = references(trees[0], start)
    body = SqlBody(
        text=text,
        start=start,
        canonical=canonical(tokens),
        tables=found.tables,
        drops=(*found.drops, *_tail(text, tokens)),
        clocks=_clocks(text, start, tokens),
        parameters=_parameters(tokens),
        functions=_functions(tokens),
    )
    return body, ()


def _moved(error: NotParsed, text: str, start: int) -> NotParsed:
    """The error with its place counted from the start of the file."""
    lines = text.count("\n", 0, start)
    shift = start - (text.rfind("\n", 0, start) + 1)
    return NotParsed(
        line=error.line + lines,
        column=error.column + (shift if error.line == 1 else 0),
        reason=error.reason,
    )


def _not_one_query(text: str, start: int, path: str, count: int) -> Problem:
    return Problem(
        code="SQL001",
        what=f"{path} holds {count} statements" if count else f"{path} holds no query",
        why="a SQL asset is exactly one query; its result is the table",
        fix="keep one select, and move the rest into assets of their own",
        where=where(text, start, path),
    )


def where(text: str, offset: int, path: str, length: int = 1) -> Where:
    """The place of an offset, with its line for the excerpt."""
    begin = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Where(
        path=path,
        line=text.count("\n", 0, offset) + 1,
        column=offset - begin + 1,
        length=length,
        text=text[begin : end if end >= 0 else len(text)],
    )


def _clocks(text: str, start: int, tokens: list[Token]) -> tuple[tuple[Span, ClockKind], ...]:
    if not _ANY_CLOCK.search(text, start):
        return ()
    found: list[tuple[Span, ClockKind]] = []
    for index, token in enumerate(tokens):
        if token.kind != "word":
            continue
        name = token.lower
        before = tokens[index - 1].text.lower() if index else ""
        after = [one.text for one in tokens[index + 1 : index + 3]]
        if before in {".", "as"}:
            continue
        if name in _CLOCKS and after == ["(", ")"]:
            found.append((Span(start=token.start, end=tokens[index + 2].end), _CLOCKS[name]))
        elif name in _BARE_CLOCKS and after[:1] not in (["("], ["."], [":"], [":="]):
            found.append((Span(start=token.start, end=token.end), _BARE_CLOCKS[name]))
    return tuple(found)


def _tail(text: str, tokens: list[Token]) -> tuple[Span, ...]:
    """What follows the last token: semicolons and comments would break a query in parentheses."""
    end = next((token.end for token in reversed(tokens) if token.text != ";"), len(text))
    return (Span(start=end, end=len(text)),) if end < len(text) else ()


def _parameters(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token.text[1:] for token in tokens if token.kind == "parameter"))


def _functions(tokens: list[Token]) -> tuple[str, ...]:
    names = (
        one.lower if one.kind == "word" else one.text[1:-1].lower()
        for one, two in zip(tokens, tokens[1:], strict=False)
        if two.text == "(" and one.kind in {"word", "quoted"}
    )
    return tuple(dict.fromkeys(name for name in names if name not in _BEFORE_PAREN))
