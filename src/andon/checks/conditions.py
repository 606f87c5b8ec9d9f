"""Conditions in SQL that are true of exactly the rows that fail a check.

Null means the row passes, so a condition may be null. NaN is a value: it lies in no range, equals
itself, and is accepted only where it is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from andon.checks.literals import bounds, cast_to, family_of, is_enum, word_of
from andon.checks.moment import at
from andon.checks.subject import Subject
from andon.spec.check import Accepted, Expect, Literal_, NotNull, Pattern, Range
from andon.sql.quote import identifier, literal

Single = NotNull | Accepted | Range | Pattern | Expect
"""Checks that one row decides alone."""


def fails(check: Single, subject: Subject) -> str:
    """Condition that is true of the rows that fail `check`, false or null of the others."""
    match check:
        case NotNull(column=column):
            return f"{identifier(column)} is null"
        case Accepted(column=column, values=values):
            return _not_accepted(identifier(column), values, subject.type_of(column))
        case Range(column=column, min=low, max=high):
            return _out_of_range(identifier(column), low, high, subject.type_of(column))
        case Pattern(column=column, regex=regex):
            return _no_match(identifier(column), regex, subject.type_of(column))
        case Expect(condition=condition):
            # The line feed ends a comment at the end of the condition.
            return f"not ({at(condition, subject.logical_time)}\n)"
        case _:
            assert_never(check)


def has_parts(columns: Sequence[str], prefix: str = "") -> str:
    """Condition that no part of a key is null."""
    return " and ".join(f"{prefix}{identifier(column)} is not null" for column in columns)


def listed(check: Accepted, subject: Subject) -> str:
    """Accepted values as SQL in the column's type, separated by commas; null is not one of them."""
    type_ = subject.type_of(check.column)
    return ", ".join(cast_to(value, type_) for value in check.values if value is not None)


def _not_accepted(column: str, values: Sequence[Literal_], type_: str) -> str:
    chosen = [value for value in values if value is not None]
    if not chosen:
        return f"{column} is not null"
    if family_of(type_) == "text" and not is_enum(type_):
        # list_position is evaluated once per entry of a dictionary, `in` once per row: 5 to 1.
        words = ", ".join(literal(word_of(value)) for value in chosen)
        return f"{column} is not null and list_position([{words}], {column}) is null"
    return f"{column} not in ({', '.join(cast_to(value, type_) for value in chosen)})"


def _out_of_range(column: str, low: Literal_, high: Literal_, type_: str) -> str:
    limits = bounds(low, high, type_)
    if limits.is_empty:
        return f"{column} is not null"
    if limits.low is None and limits.high is None:
        return "false"
    top = limits.high
    if top is None and family_of(type_) == "float":
        # NaN sorts above infinity; without this bound it would pass a range that has only a minimum.
        top = f"cast('infinity' as {type_})"
    if limits.low is None:
        return f"{column} > {top}"
    if top is None:
        return f"{column} < {limits.low}"
    return f"not ({column} between {limits.low} and {top})"


def _no_match(column: str, regex: str, type_: str) -> str:
    if type_ != "VARCHAR":
        column = f"cast({column} as VARCHAR)"
    # regexp_extract is evaluated once per entry of a dictionary, regexp_full_match once per row.
    # It gives the empty text both for no match and for a match of the empty text, so whether
    # the pattern matches the empty text (a constant) decides what to compare with.
    whole = rf"\A(?:{regex})\z"
    found = f"regexp_extract({column}, {literal(whole)})"
    empty = f"regexp_full_match('', {literal(regex)})"
    return f"case when {empty} then {found} <> {column} else {found} = '' end"
