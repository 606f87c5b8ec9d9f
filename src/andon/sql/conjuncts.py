"""Conditions of a clause that must all be true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def conditions(select: exp.Expr, clause: str) -> Iterator[exp.Expr]:
    """Conditions that must all be true."""
    found = select.args.get(clause)
    if found is not None:
        yield from conjuncts(found.this)


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Conditions that must all be true for one to be true."""
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        match type(one).__name__:
            case "And":
                waiting += (one.expression, one.this)
            case "Paren":
                waiting.append(one.this)
            case _:
                yield one


def equal_to_number(select: exp.Expr, clause: str) -> Iterator[exp.Expr]:
    """Expressions that a clause holds at one whole number."""
    for one in conditions(select, clause):
        if type(one).__name__ != "EQ":
            continue
        for left, right in ((one.this, one.expression), (one.expression, one.this)):
            if type(right).__name__ == "Literal" and right.is_int:
                yield left
