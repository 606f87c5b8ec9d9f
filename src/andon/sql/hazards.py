"""Constructs whose result depends on the order of rows, which no table has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from andon.errors import Problem
from andon.sql.lex import Token
from andon.sql.place import after, before, closing, place

_RANKING: Final = frozenset(
    {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"}
    | {"first_value", "last_value", "nth_value", "rank_dense", "fill"}
)
_TAKING: Final = frozenset(
    {"first", "last", "any_value", "arbitrary", "list", "array_agg", "string_agg", "group_concat"}
    | {"listagg"}
)
_SET_OPERATORS: Final = frozenset({"union", "intersect", "except"})
_UNIQUE_NAME: Final = re.compile(r"(?:\w+_)?(?:id|key|uuid|pk|number|no|sk)\Z")
_DOUBTFUL: Final = _RANKING | _TAKING | {"limit", "fetch", "distinct"}
_ANY: Final = re.compile(
    r"\b(?:limit|fetch|distinct|over|" + "|".join(sorted(_TAKING)) + r")\b", re.IGNORECASE
)


def order_hazards(text: str, start: int, tokens: Sequence[Token], path: str) -> list[Problem]:
    """Warnings in the order of the text."""
    if not _ANY.search(text, start):
        return []
    return [
        Problem(
            code=code,
            what=f"{path}: {what}",
            why=why,
            fix=fix,
            where=place(text, token.start, path, len(token.text)),
            severity="warning",
        )
        for token, (code, what, why, fix) in _found(tokens)
    ]


_Words = tuple[str, str, str, str]


def _found(tokens: Sequence[Token]) -> Iterator[tuple[Token, _Words]]:
    for index, token in enumerate(tokens):
        word = token.lower
        if word not in _DOUBTFUL or token.kind != "word":
            continue
        words: _Words | None = None
        if word in _RANKING or word in _TAKING:
            if index + 1 < len(tokens) and tokens[index + 1].text == "(":
                words = _called(tokens, index, word)
        elif word in {"limit", "fetch"}:
            words = _limit(tokens, index, word)
        elif word == "distinct":
            words = _distinct_on(tokens, index)
        if words is not None:
            yield token, words


def _called(tokens: Sequence[Token], index: int, word: str) -> _Words | None:
    close = closing(tokens, index + 1)
    inside = {tokens[at].lower for at in after(tokens, index + 1)}
    if "order" in inside:
        return None
    window = _window(tokens, close)
    if window is None:
        return _taken(word) if word in _TAKING else None
    ordered = _order_of(window)
    if ordered is None:
        return _taken(word) if word in _TAKING else _unordered(word)
    if word == "row_number" and not _may_be_total(ordered):
        return (
            "SQL021",
            "row_number() is ordered by one column that may repeat",
            "rows with equal values are numbered in any order, so another row may win at each run",
            "add a column to the order that makes it unique, for example the key",
        )
    return None


def _window(tokens: Sequence[Token], close: int) -> Sequence[Token] | None:
    """Tokens of the window (or of WITHIN GROUP) after a call; None if it is a plain aggregate."""
    index = close + 1
    while index < len(tokens):
        word = tokens[index].lower
        if word in {"ignore", "respect"}:
            index += 2
        elif word == "filter":
            index = closing(tokens, index + 1) + 1
        elif word == "within":
            return tokens[index + 2 : closing(tokens, index + 2) + 1]
        elif word == "over" and index + 1 < len(tokens):
            return _body(tokens, index + 1)
        else:
            return None
    return None


def _body(tokens: Sequence[Token], index: int) -> Sequence[Token]:
    """Tokens of `( ... )`, or of the WINDOW clause that a name stands for, with those it extends."""
    if tokens[index].text == "(":
        inner = tokens[index : closing(tokens, index) + 1]
        if len(inner) > 2 and inner[1].lower not in {"partition", "order", ")"}:
            return [*inner, *_named(tokens, inner[1].lower)]
        return inner
    return _named(tokens, tokens[index].lower)


def _named(tokens: Sequence[Token], name: str) -> Sequence[Token]:
    for index in range(len(tokens) - 2):
        if (
            tokens[index].lower == name
            and tokens[index + 1].lower == "as"
            and tokens[index + 2].text == "("
            and index
            and tokens[index - 1].lower in {"window", ","}
        ):
            return tokens[index + 2 : closing(tokens, index + 2) + 1]
    return ()


def _order_of(window: Sequence[Token]) -> list[Token] | None:
    """Tokens after ORDER BY up to the frame; None without ORDER BY."""
    for index, token in enumerate(window):
        if token.lower == "order":
            ordered: list[Token] = []
            for one in window[index + 2 :]:
                if one.lower in {"rows", "range", "groups"}:
                    break
                ordered.append(one)
            return ordered
    return None


def _may_be_total(ordered: Sequence[Token]) -> bool:
    """Two or more terms are taken to hold a tie-breaker, and so is a name that says unique."""
    if any(token.text == "," for token in ordered):
        return True
    return any(_UNIQUE_NAME.match(token.lower.strip('"')) for token in ordered)


def _limit(tokens: Sequence[Token], index: int, word: str) -> _Words | None:
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if following == "0" or (word == "fetch" and following.lower() not in {"first", "next"}):
        return None
    for position in before(tokens, index):
        text = tokens[position].lower
        if text == "order":
            return None
        if text == "(" and position and tokens[position - 1].lower == "exists":
            return None
        if text in _SET_OPERATORS:
            break
    return (
        "SQL023",
        "LIMIT without ORDER BY",
        "a table has no order, so any rows may be kept",
        "add ORDER BY with a unique column before LIMIT",
    )


def _distinct_on(tokens: Sequence[Token], index: int) -> _Words | None:
    if index + 1 >= len(tokens) or tokens[index + 1].lower != "on":
        return None
    for position in after(tokens, index):
        text = tokens[position].lower
        if text == "order":
            return None
        if text in _SET_OPERATORS:
            break
    return (
        "SQL024",
        "DISTINCT ON without ORDER BY",
        "the first row of each group is kept, and which one is first is not fixed",
        "add ORDER BY the same columns and then those that decide",
    )


def _unordered(word: str) -> _Words:
    return (
        "SQL020",
        f"{word}() over a window without ORDER BY",
        "a window without an order has its rows in any order",
        "add ORDER BY with a unique column inside OVER (...)",
    )


def _taken(word: str) -> _Words:
    return (
        "SQL022",
        f"{word}() depends on the order of rows",
        "an aggregate sees its rows in any order unless told one",
        f"write `{word}(... order by ...)` with a unique order, or use min, max, arg_min, arg_max",
    )
