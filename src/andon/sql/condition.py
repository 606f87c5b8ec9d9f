"""Conditions of checks: one boolean expression over one row."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from andon.sql.lex import lex
from andon.sql.outside import is_outside
from andon.sql.parse import NotParsed, parse

if TYPE_CHECKING:
    from sqlglot import exp

_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_RANDOM: Final = frozenset({"random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"})
_COMMENT: Final = re.compile(r"--|/\*")


@lru_cache(maxsize=1024)  # many assets declare the same ones
def check_condition(text: str) -> str | None:
    """Why a text is not one condition on a row; None if it is.

    A condition stands in parentheses inside Andon's own queries, so it may not end a statement,
    open a comment, or hold a subquery, an aggregate or a window.

    >>> check_condition("amount >= 0 and tier in ('a', 'b')")
    >>> check_condition("sum(amount) > 0")
    'it holds an aggregate (`sum`), which is not about one row'
    """
    tokens = lex(text)
    if not tokens:
        return "it is empty"
    ends = [(a.end, b.start) for a, b in pairwise(tokens)]
    gaps = [(0, tokens[0].start), *ends, (tokens[-1].end, len(text))]
    if any(_COMMENT.search(text, begin, end) for begin, end in gaps):
        return "it holds a comment"
    if any(token.text == ";" for token in tokens):
        return "it holds `;`, which ends a statement"
    if any(token.kind == "mark" and token.text in {"'", '"'} for token in tokens):
        return "it holds a quote that is not closed"
    open_brackets: list[str] = []
    for token in tokens:
        if token.kind != "mark":
            continue
        if token.text in _PAIRS:
            open_brackets.append(_PAIRS[token.text])
        elif token.text in _PAIRS.values() and (
            not open_brackets or open_brackets.pop() != token.text
        ):
            return f"it holds `{token.text}` without its opening bracket"
    if open_brackets:
        return f"`{open_brackets[-1]}` is missing"
    for one, two in pairwise(tokens):
        if two.text == "(" and is_outside(one.text.strip('"')):
            return f"it calls `{one.text}`, which reads more than the row"
    try:
        trees = parse(f"select ({text})")
    except NotParsed as error:
        return f"it is not valid SQL: {error.reason}"
    return _shape(trees[0]) if len(trees) == 1 else "it is more than one expression"


def _shape(tree: exp.Expr) -> str | None:
    from sqlglot import exp

    column = tree.expressions[0]
    inner = column.this if isinstance(column, exp.Paren) else column
    if isinstance(inner, (exp.Alias, exp.Tuple, exp.Star)):
        return "it is not one expression"
    if isinstance(inner, exp.Query) or any(node is not tree for node in tree.find_all(exp.Query)):
        return "it holds a subquery; write `relationship`, or an asset that prepares the value"
    window = tree.find(exp.Window)
    if window is not None:
        return "it holds a window function, which is not about one row"
    aggregate = tree.find(exp.AggFunc)
    if aggregate is not None:
        return (
            f"it holds an aggregate (`{aggregate.sql_name().lower()}`), which is not about one row"
        )
    if any(node.name.lower() in _RANDOM for node in tree.find_all(exp.Anonymous)) or tree.find(
        exp.Rand, exp.Uuid
    ):
        return "it holds a random function, so it could not be judged again"
    literal = isinstance(inner, exp.Literal)
    if literal or isinstance(inner, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe)):
        return "it gives a value and not true or false; compare it with something"
    return None
