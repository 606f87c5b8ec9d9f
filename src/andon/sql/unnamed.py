"""Columns whose name would hold the text of a bound table or the logical time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from andon.errors import Problem
from andon.sql.clocks import CALLED, may_hold_clock
from andon.sql.place import place

if TYPE_CHECKING:
    from sqlglot import exp

_SUBQUERY: Final = re.compile(r"\(\s*(?:select|from|with|values|table)\b", re.IGNORECASE)


def unnamed_columns(tree: exp.Expr, text: str, start: int, path: str) -> list[Problem]:
    """Problems of columns without a name that hold a subquery, or a clock among other things.

    The engine names such a column by its text, and that text is replaced when the query is bound:
    the name would change with every snapshot or every run.
    """
    if not may_hold_clock(text) and not _SUBQUERY.search(text, start):
        return []
    from sqlglot import exp

    problems: list[Problem] = []
    for select in tree.find_all(exp.Select):
        if not _is_relation(select):
            continue
        for column in select.expressions:
            if isinstance(column, (exp.Alias, exp.Column, exp.Star, exp.PropertyEQ)):
                continue
            reason = _reason(column)
            if reason:
                problems.append(_problem(column, reason, text, start, path))
    return problems


def _is_relation(select: exp.Select) -> bool:
    """Whether the names of its columns can reach the result: not inside an expression."""
    from sqlglot import exp

    node = select.parent
    while isinstance(node, (exp.Subquery, exp.SetOperation)):
        node = node.parent
    return node is None or isinstance(node, (exp.CTE, exp.From, exp.Join, exp.Lateral, exp.Pivot))


def _reason(column: exp.Expr) -> str:
    from sqlglot import exp

    if column.find(exp.Query, exp.Exists) is not None:
        return "a subquery"
    clock_types = (
        exp.CurrentDate,
        exp.CurrentTime,
        exp.CurrentTimestamp,
        exp.Localtime,
        exp.Localtimestamp,
    )
    for node in column.find_all(exp.Anonymous, *clock_types):
        if node is column:
            continue
        if not isinstance(node, exp.Anonymous) or node.name.lower() in CALLED:
            return "a clock function"
    return ""


def _problem(column: exp.Expr, reason: str, text: str, start: int, path: str) -> Problem:
    offsets = [node.meta["start"] for node in column.walk() if "start" in node.meta]
    return Problem(
        code="SQL008",
        what=f"{path} has a column without a name that holds {reason}",
        why="its name would be its text, which differs at each build",
        fix="name it: `... as total`",
        where=place(text, start + min(offsets, default=0), path),
    )
