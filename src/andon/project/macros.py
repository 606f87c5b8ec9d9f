"""Macros: `create macro` statements below ``macros/``."""

from __future__ import annotations

from collections.abc import Iterator

from andon.names import is_identifier
from andon.project.text import Findings, TextFile
from andon.sql.canonical import canonical
from andon.sql.lex import Token, lex
from andon.sql.macros import Macro

_SHAPE = "write `create macro name(a, b) as a + b;` or `... as table select ...;`"


def read_macros(file: TextFile, findings: Findings) -> tuple[Macro, ...]:
    """The macros of a file; what is no `create macro` statement is noted (PRJ027)."""
    found = []
    for statement in _statements(lex(file.text)):
        macro = _read_macro(file, findings, statement)
        if macro is not None:
            found.append(macro)
    return tuple(found)


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token.text == ";":
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
    if statement:
        yield statement


def _read_macro(file: TextFile, findings: Findings, tokens: list[Token]) -> Macro | None:
    words = [token.lower for token in tokens]
    place = 1
    if words[1:3] == ["or", "replace"]:
        place = 3
    head_is_right = words[0] == "create" and words[place : place + 1] in (["macro"], ["function"])
    name_at = place + 1
    if not head_is_right or len(tokens) < name_at + 5 or words[name_at + 1] != "(":
        _refuse(file, findings, tokens[0], "this is no `create macro` statement")
        return None
    name = words[name_at].strip('"')
    if not is_identifier(name):
        _refuse(file, findings, tokens[name_at], f"`{name}` is no name of a macro")
        return None
    body_at = next((i for i in range(name_at, len(words)) if words[i] == "as"), None)
    if body_at is None:
        _refuse(file, findings, tokens[name_at], f"macro `{name}` has no `as`")
        return None
    is_table = words[body_at + 1 : body_at + 2] == ["table"]
    first, last = tokens[body_at + (2 if is_table else 1) :][:1], tokens[-1]
    if not first:
        _refuse(file, findings, tokens[name_at], f"macro `{name}` has no body")
        return None
    body = file.text[first[0].start : last.end]
    reads = _tables_of(body if is_table else f"select {body}", file.path)
    if reads:
        findings.add(
            "PRJ027",
            file.where_of(reads[0], first[0].start),
            what=f"macro `{name}` reads table `{reads[0]}`",
            why="what an asset reads must stand in its own query, or changes would be missed",
            fix="read the table in the asset, and hand its columns to the macro",
        )
        return None
    return Macro(
        name=name,
        sql=file.text[tokens[0].start : last.end],
        canonical=canonical(tokens),
        calls=_calls(tokens[body_at:]),
        path=file.path,
    )


def _tables_of(query: str, path: str) -> tuple[str, ...]:
    from andon.sql.parse import NotParsed
    from andon.sql.read import read_sql

    try:
        body, _ = read_sql(query, 0, path, seeded=True)
    except NotParsed:
        return ()  # the engine judges it when the macro is created
    return body.reads


def _calls(tokens: list[Token]) -> tuple[str, ...]:
    names = (
        one.lower.strip('"')
        for one, two in zip(tokens, tokens[1:], strict=False)
        if two.text == "(" and one.kind in ("word", "quoted")
    )
    return tuple(sorted(set(names)))


def _refuse(file: TextFile, findings: Findings, token: Token, what: str) -> None:
    findings.add(
        "PRJ027",
        file.where_at(token.start, token.end - token.start),
        what=what,
        why="files below macros/ hold `create macro` statements and nothing else",
        fix=_SHAPE,
    )
