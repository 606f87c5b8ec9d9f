"""Checks against the columns that really are there: all problems at once, before any is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from andon.checks.literals import family_of, fits, is_comparable
from andon.checks.ordering import term_of
from andon.checks.split import REASONS
from andon.checks.subject import Reference
from andon.errors import Problem
from andon.names import did_you_mean
from andon.schema import Schema
from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Reconcile,
    Relationship,
    RowCount,
    SqlCheck,
    Unique,
    is_row_check,
    label_of,
    references_of,
)

_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]")
_STRUCTURE = ("unbalanced", "unterminated", "missing )", "nothing to repeat", "multiple repeat")
_NUMBERS = ("integer", "decimal", "float")


def problems_of(
    checks: Sequence[Check],
    *,
    asset: str,
    schema: Schema,
    references: Mapping[str, Reference],
) -> tuple[Problem, ...]:
    """All that keeps checks from being judged on these columns.

    Args:
        asset: name of the asset they stand on.
        schema: its columns as built.
        references: other assets that can be read.
    """
    return tuple(
        problem
        for check in checks
        for problem in _problems(check, _Place(check, asset), schema, references)
    )


class _Place:
    """Makes the problems of one check."""

    def __init__(self, check: Check, asset: str) -> None:
        self.check, self.asset = check, asset

    def problem(self, code: str, what: str, why: str, fix: str) -> Problem:
        return Problem(
            code=code,
            what=f"check `{label_of(self.check)}` of `{self.asset}`: {what}",
            why=why,
            fix=fix,
            where=self.check.where,
        )

    def unknown(self, column: str, schema: Schema, owner: str) -> Problem:
        known = ", ".join(f"`{name}`" for name in schema.names[:10])
        more = ", …" if len(schema.names) > 10 else ""
        return self.problem(
            "CHK001",
            f"`{owner}` has no column `{column}`",
            f"a check can be judged on existing columns only: {known}{more}",
            did_you_mean(column, schema.names, "correct the name or remove the check"),
        )


def _problems(
    check: Check, place: _Place, schema: Schema, references: Mapping[str, Reference]
) -> Iterator[Problem]:
    yield from _quarantine(check, place, schema)
    missing = [name for name in references_of(check, place.asset) if name not in references]
    for name in missing:
        yield place.problem(
            "CHK005",
            f"it reads `{name}`, which has no data here yet",
            "a check that reads another asset needs a published or freshly built snapshot of it",
            f"build `{name}` first or in the same run: `andon run {name} {place.asset}`",
        )
    unknown = [name for name in _columns(check) if schema.column(name) is None]
    for name in unknown:
        yield place.unknown(name, schema, place.asset)
    if missing or unknown:
        return
    match check:
        case Accepted() | Range() | Pattern() | Freshness():
            yield from _one_column(check, place, schema)
        case Relationship():
            yield from _relationship(check, place, schema, references)
        case Reconcile(to_asset=other, key=key):
            both = Relationship(columns=key, to_asset=other, to_columns=key, where=check.where)
            yield from _relationship(both, place, schema, references)
        case _:
            return


def _columns(check: Check) -> tuple[str, ...]:
    match check:
        case (
            NotNull(column=column)
            | Accepted(column=column)
            | Range(column=column)
            | Pattern(column=column)
            | Freshness(column=column)
        ):
            return (column,)
        case Unique(columns=columns, keep_first_by=terms):
            return (*columns, *(term_of(term).column for term in terms))
        case Relationship(columns=columns):
            return columns
        case Reconcile(key=key):
            return key
        case Expect() | RowCount() | SqlCheck():
            return ()


def _quarantine(check: Check, place: _Place, schema: Schema) -> Iterator[Problem]:
    if check.on_fail != "quarantine":
        return
    if not is_row_check(check):
        yield place.problem(
            "CHK006",
            "it cannot quarantine",
            "it judges the table as a whole, so no row can be set aside for it",
            "use `on_fail: stop` or `on_fail: warn`",
        )
    if isinstance(check, Relationship) and check.to_asset == place.asset:
        yield place.problem(
            "CHK006",
            "a relationship of an asset to itself cannot quarantine",
            "setting a row aside may orphan the rows that point to it, so no set is right",
            "use `on_fail: stop`, or point to the asset that holds the parents",
        )
    if schema.column(REASONS) is not None:
        yield place.problem(
            "CHK006",
            f"the asset has a column `{REASONS}` of its own",
            f"rows set aside carry the labels of the checks they failed in `{REASONS}`",
            "rename the column",
        )


def _one_column(
    check: Accepted | Range | Pattern | Freshness, place: _Place, schema: Schema
) -> Iterator[Problem]:
    column = schema.column(check.column)
    assert column is not None
    family = family_of(column.type)
    match check:
        case Accepted(values=values):
            wrong = [v for v in values if v is not None and not fits(v, column.type)]
            yield from (_not_of_type(place, value, column.type) for value in wrong)
        case Range(min=low, max=high):
            wrong = [v for v in (low, high) if v is not None and not is_comparable(v, column.type)]
            yield from (_not_of_type(place, value, column.type) for value in wrong)
        case Pattern(regex=regex):
            if family != "text":
                yield place.problem(
                    "CHK002",
                    f"`{column.name}` is {column.type}, not text",
                    "a pattern is matched against text; a cast would hide how values are written",
                    "use `range` or `accepted`, or `expect` with a cast of your own",
                )
            yield from _pattern(regex, place)
        case Freshness():
            if family not in ("date", "timestamp"):
                yield place.problem(
                    "CHK002",
                    f"`{column.name}` is {column.type}, neither date nor timestamp",
                    "freshness is the age of the newest moment in a column",
                    "name a date or timestamp column, or cast this one in the query",
                )


def _not_of_type(place: _Place, value: object, type_: str) -> Problem:
    return place.problem(
        "CHK003",
        f"`{value}` is not a value of type {type_}",
        "values are compared in the column's type; one that does not fit could never occur",
        "write a value of that type (dates as `2026-01-31`), or remove it",
    )


def _pattern(regex: str, place: _Place) -> Iterator[Problem]:
    reason = ""
    found = _NOT_RE2.search(regex)
    if found is not None:
        reason = f"`{found[0]}` (look-around, back reference) is not part of RE2"
    else:
        try:
            re.compile(regex)
        except re.error as error:
            # RE2 knows forms that Python does not; only faults of structure are certain.
            if error.msg.startswith(_STRUCTURE) and r"\Q" not in regex:
                reason = error.msg
    if reason:
        yield place.problem(
            "CHK004",
            f"the pattern is no regular expression: {reason}",
            "patterns are matched in full, in RE2 syntax, which never takes exponential time",
            "correct the pattern",
        )


def _relationship(
    check: Relationship, place: _Place, schema: Schema, references: Mapping[str, Reference]
) -> Iterator[Problem]:
    other = schema if check.to_asset == place.asset else references[check.to_asset].schema
    if len(check.columns) != len(check.to_columns):
        yield place.problem(
            "CHK001",
            f"{len(check.columns)} columns point to {len(check.to_columns)}",
            "each column of the key needs its counterpart",
            "name as many columns on both sides",
        )
        return
    for name, to in zip(check.columns, check.to_columns, strict=True):
        own, target = schema.column(name), other.column(to)
        if target is None:
            yield place.unknown(to, other, check.to_asset)
        elif own is not None and _group(own.type) != _group(target.type):
            yield place.problem(
                "CHK002",
                f"`{name}` is {own.type}, `{check.to_asset}.{to}` is {target.type}",
                "values of unlike types never match as they stand",
                "cast one of them in its query",
            )


def _group(type_: str) -> str:
    """Types of one group compare by value."""
    family = family_of(type_)
    if family in ("date", "timestamp"):
        return "moment"
    if family in _NUMBERS:
        return "number"
    return type_ if family == "other" else family
