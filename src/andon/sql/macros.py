"""Reading of the macros that a project declares in ``macros/``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from andon.errors import Problem, ProjectInvalid
from andon.sql.body import Macro, Span
from andon.sql.canonical import canonical
from andon.sql.clocks import clocks
from andon.sql.lex import Token, lex
from andon.sql.outside import refused_calls, refused_files
from andon.sql.parse import NotParsed, parse
from andon.sql.place import closing, place
from andon.sql.read import called
from andon.sql.references import files_named, references

if TYPE_CHECKING:
    from sqlglot import exp


def read_macros(text: str, path: str, *, seeded: bool = False) -> tuple[Macro, ...]:
    """Reads all `create [or replace] macro name(...) as ...` statements of a file.

    Args:
        text: the whole file.
        path: file relative to the project.
        seeded: whether the project declares a seed, so that random functions are allowed.

    Raises:
        ProjectInvalid: with all problems: SQL030 another statement, SQL031 it reads a table,
            SQL032 it reads the clock, SQL033 declared twice, SQL003 to SQL005 as for assets.
    """
    macros: dict[str, Macro] = {}
    problems: list[Problem] = []
    for tokens in _statements(lex(text)):
        head = _head(tokens)
        if head is None:
            problems.append(_not_a_macro(text, tokens, path))
            continue
        name, opening = tokens[head].lower.strip('"'), head + 1
        if name in macros:
            problems.append(_twice(text, tokens[head], path))
        body = _body(tokens, opening)
        if not body:
            problems.append(_not_a_macro(text, tokens, path))
            continue
        problems += _body_problems(text, name, body, path, seeded=seeded)
        macros[name] = Macro(
            name=name,
            sql=text[tokens[0].start : tokens[-1].end],
            # Apart, because AS stands before a column's name in a query, but not here.
            canonical=f"{canonical(tokens[head : len(tokens) - len(body)])} {canonical(body)}",
            calls=tuple(one for one in called(body) if one != name),
            path=path,
        )
    if problems:
        raise ProjectInvalid(*problems)
    return tuple(macros.values())


def in_order(macros: Sequence[Macro]) -> tuple[Macro, ...]:
    """Macros with those that a macro calls before it, as the engine wants them; else as given."""
    by_name = {macro.name: macro for macro in macros}
    ordered: dict[str, Macro] = {}
    begun: set[str] = set()

    def put(macro: Macro) -> None:
        if macro.name in begun:
            return  # placed, or it calls itself in a circle, which the engine refuses
        begun.add(macro.name)
        for name in macro.calls:
            if name in by_name:
                put(by_name[name])
        ordered[macro.name] = macro

    for macro in macros:
        put(macro)
    return tuple(ordered.values())


def _statements(tokens: Sequence[Token]) -> list[list[Token]]:
    statements: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ";":
            statements.append([])
        else:
            statements[-1].append(token)
    return [statement for statement in statements if statement]


def _head(tokens: Sequence[Token]) -> int | None:
    """Index of the macro's name, or None if the statement creates no macro."""
    words = [token.lower for token in tokens[:6]]
    if words[:1] != ["create"]:
        return None
    index = 3 if words[1:3] == ["or", "replace"] else 1
    if words[index : index + 1] not in (["macro"], ["function"]):
        return None
    index += 1
    is_named = (
        index + 1 < len(tokens)
        and tokens[index].kind in {"word", "quoted"}
        and tokens[index + 1].text == "("
    )
    return index if is_named else None


def _body(tokens: Sequence[Token], opening: int) -> Sequence[Token]:
    """Tokens after the first `as` outside brackets; further overloads are part of it."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].text in {"(", "[", "{"}:
            depth += 1
        elif tokens[index].text in {")", "]", "}"}:
            depth -= 1
        elif depth == 0 and tokens[index].lower == "as":
            return tokens[index + 1 :]
    return ()


def _body_problems(
    text: str, name: str, body: Sequence[Token], path: str, *, seeded: bool
) -> list[Problem]:
    problems = refused_calls(text, body, path, seeded=seeded)
    for span, _ in clocks(text, body):
        problems.append(
            Problem(
                code="SQL032",
                what=f"macro `{name}` reads the clock",
                why="the recorded logical time is put in place of clocks of an asset, not of macros",
                fix="give the macro an argument, and call it with `now()` or `current_date`",
                where=place(text, span.start, path, span.end - span.start),
            )
        )
    told = {problem.where for problem in problems}
    for one in _overloads(body):
        files = refused_files(text, _files_read(text, one), path)
        problems += (problem for problem in files if problem.where not in told)
        read = _table_read(text, one)
        if read is None:
            continue
        problems.append(
            Problem(
                code="SQL031",
                what=f"macro `{name}` reads the table `{read.text}`",
                why="what an asset reads must stand in the asset, or its lineage would be false",
                fix="select from the table in the asset, and give the macro columns as arguments",
                where=place(text, read.start, path, len(read.text)),
            )
        )
    return problems


def _overloads(body: Sequence[Token]) -> list[Sequence[Token]]:
    """Bodies of ``a as x, (a, b) as y``: a comma outside brackets and a list of arguments part them."""
    found: list[Sequence[Token]] = []
    begin = index = 0
    while index < len(body):
        if body[index].text in {"(", "[", "{"}:
            index = closing(body, index)
        elif body[index].text == "," and index + 1 < len(body) and body[index + 1].text == "(":
            end = closing(body, index + 1)
            if end + 1 < len(body) and body[end + 1].lower == "as":
                found.append(body[begin:index])
                begin = index = end + 2
                continue
        index += 1
    return [part for part in (*found, body[begin:]) if part]


def _files_read(text: str, body: Sequence[Token]) -> tuple[Span, ...]:
    """Files that one body reads as tables."""
    parsed = _parsed(text, body)
    return files_named(*parsed) if parsed else ()


def _parsed(text: str, body: Sequence[Token]) -> tuple[exp.Expr, int] | None:
    """The tree of one body and the offset of its text; None if it is not understood."""
    is_table = body[0].lower == "table" and len(body) > 1
    start = body[1].start if is_table else body[0].start
    prefix = "" if is_table else "select "
    try:
        trees = parse(prefix + text[start : body[-1].end])
    except NotParsed:
        return None
    return (trees[0], start - len(prefix)) if len(trees) == 1 else None


def _table_read(text: str, body: Sequence[Token]) -> Token | None:
    """The first token of a table that a body reads, if any."""
    parsed = _parsed(text, body)
    if parsed is not None:
        tables, _ = references(*parsed)
        return next(
            (one for table in tables for one in body if one.start == table.span.start), None
        )
    # Not understood: a dotted name after FROM or JOIN is a table.
    for left, token, right in zip(body, body[1:], body[2:], strict=False):
        if left.lower in {"from", "join"} and right.text == ".":
            return token
    return None


def _not_a_macro(text: str, tokens: Sequence[Token], path: str) -> Problem:
    return Problem(
        code="SQL030",
        what=f"{path} holds a statement that is no macro",
        why="files of macros/ are run in every session, so they only define macros",
        fix="write `create macro name(a, b) as ...`, or move a query to assets/",
        where=place(text, tokens[0].start, path, len(tokens[0].text)),
    )


def _twice(text: str, token: Token, path: str) -> Problem:
    return Problem(
        code="SQL033",
        what=f"macro `{token.text}` is declared twice",
        why="only one of them could be meant",
        fix="rename one, or write both forms in one statement: `macro f(a) as ..., (a, b) as ...`",
        where=place(text, token.start, path, len(token.text)),
    )
