"""Quarantine: rows in = rows kept + rows set aside, decided in one query.

Rows that fail a check on their own, or point to nothing, go first. `unique` is judged on what is
left, each key by itself, so that a broken row does not take its sound twin with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from msgspec import Struct

from andon.checks.conditions import fails, has_parts
from andon.checks.identity import quarantine
from andon.checks.keys import names
from andon.checks.ordering import order_by
from andon.checks.subject import Reference, Subject
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
    Tolerance,
    Unique,
    identity_of,
    kind_of,
    label_of,
)
from andon.sql.quote import identifier, literal

REASONS = "_reasons"
"""Column of the rows set aside: labels of the checks they failed, as VARCHAR[]."""


class Aside(Struct, frozen=True, kw_only=True):
    """How many rows quarantine sets aside.

    Attributes:
        total: rows that came in; set_aside: rows that go, each counted once.
        by_check: identity of each quarantine check and the rows that go because of it.
    """

    total: int
    set_aside: int
    by_check: tuple[tuple[str, int], ...]


class Split(Struct, frozen=True, kw_only=True):
    """Queries that part a candidate.

    Attributes:
        count: figures for `read`.
        kept: rows that stay, in the columns of the schema.
        aside: rows set aside, in these columns and `_reasons`.
        checks: identities of the quarantine checks, in order.
    """

    count: str
    kept: str
    aside: str
    checks: tuple[str, ...]

    def read(self, answer: Sequence[tuple[Any, ...]]) -> Aside:
        """The figures from all rows of `count`'s answer."""
        total, set_aside, *counts = (int(value or 0) for value in answer[0])
        return Aside(
            total=total,
            set_aside=set_aside,
            by_check=tuple(zip(self.checks, counts, strict=True)),
        )


def within_limit(limit: Tolerance, set_aside: int, total: int) -> bool:
    """Whether quarantine may set that many rows aside; beyond, its checks stop the asset."""
    return limit.allows(set_aside, total)


def split(
    checks: Sequence[Check],
    *,
    asset: str,
    schema: Schema,
    relation: str,
    references: Mapping[str, Reference],
    logical_time: datetime,
) -> Split | None:
    """Queries that set aside the rows failing the quarantine checks among `checks`.

    The tolerance of a check plays no part: of a check that quarantines no failing row is kept.

    Returns:
        None if no check quarantines.
    """
    chosen = quarantine(checks)
    if not chosen:
        return None
    subject = Subject(
        asset=asset,
        schema=schema,
        relation=relation,
        references=references,
        logical_time=logical_time,
    )
    flags = _Flags(schema.names)
    first = _first_stage(chosen, flags, subject)
    uniques = [(i, check) for i, check in enumerate(chosen) if isinstance(check, Unique)]
    singles = [flags.of(i) for i, check in enumerate(chosen) if not isinstance(check, Unique)]
    head = f"with {flags.rows} as not materialized ({first})"
    marked, bad = _second_stage(uniques, singles, flags, schema)
    if len(uniques) == 1:
        count = _count_one_key(len(chosen), uniques[0], singles, flags)
    else:
        figures = ", ".join(f"count_if({flags.of(i)})" for i in range(len(chosen)))
        count = f"select count(*), count_if({bad}), {figures} from ({marked})"
    columns = names(schema.names)
    labels = ", ".join(
        f"case when {flags.of(i)} then {literal(label_of(check))} end"
        for i, check in enumerate(chosen)
    )
    reasons = f"list_filter([{labels}], lambda label: label is not null) as {identifier(REASONS)}"
    return Split(
        count=f"{head} {count}",
        kept=f"{head} select {columns} from ({marked}) where not ({bad})",
        aside=f"{head} select {columns}, {reasons} from ({marked}) where {bad}",
        checks=tuple(identity_of(check) for check in chosen),
    )


class _Flags(Struct, frozen=True):
    """Names that no column of the asset has."""

    taken: tuple[str, ...]

    def name(self, wish: str) -> str:
        folded = {name.casefold() for name in self.taken}
        while wish in folded:
            wish += "_"
        return identifier(wish)

    def of(self, index: int) -> str:
        return self.name(f"_fails_{index}")

    @property
    def rows(self) -> str:
        return self.name("_rows")


def _first_stage(chosen: Sequence[Check], flags: _Flags, subject: Subject) -> str:
    """The asset's rows with one flag per check that judges rows apart from each other."""
    shown = [f"{subject.alias}.{identifier(name)}" for name in subject.schema.names]
    joins: list[str] = []
    for index, check in enumerate(chosen):
        match check:
            case NotNull() | Accepted() | Range() | Pattern() | Expect():
                condition = fails(check, subject)
                shown.append(f"coalesce({condition}, false) as {flags.of(index)}")
            case Relationship():
                target = flags.name(f"_target_{index}")
                parts = [flags.name(f"_part_{index}_{n}") for n in range(len(check.columns))]
                selected = ", ".join(
                    f"{identifier(to)} as {part}"
                    for to, part in zip(check.to_columns, parts, strict=True)
                )
                other = subject.target_of(check)
                matched = " and ".join(
                    f"{subject.alias}.{identifier(column)} = {target}.{part}"
                    for column, part in zip(check.columns, parts, strict=True)
                )
                joins.append(
                    f"left join (select distinct {selected} from {other} "
                    f"where {has_parts(check.to_columns)}) as {target} on {matched}"
                )
                whole = has_parts(check.columns, f"{subject.alias}.")
                shown.append(f"({whole} and {target}.{parts[0]} is null) as {flags.of(index)}")
            case Unique():
                continue  # judged on the rows that are left
            case RowCount() | Reconcile() | Freshness() | SqlCheck():
                raise ValueError(f"{kind_of(check)} has no rows to set aside")
            case _:
                assert_never(check)
    return f"select {', '.join(shown)} from {subject.table} {' '.join(joins)}"


def _second_stage(
    uniques: Sequence[tuple[int, Unique]], singles: Sequence[str], flags: _Flags, schema: Schema
) -> tuple[str, str]:
    """All rows with all flags, and the condition that a row goes."""
    sound = _sound(singles)
    bad = " or ".join([*singles, *(flags.of(index) for index, _ in uniques)])
    if not uniques:
        return f"select * from {flags.rows}", bad
    shown, joins = [f"{flags.rows}.*"], []
    for index, check in uniques:
        whole = has_parts(check.columns)
        key = names(check.columns)
        if check.keep_first_by:
            order = order_by(check.keep_first_by, schema)
            place = f"row_number() over (partition by ({sound}), {key} order by {order})"
            shown.append(f"({sound} and {whole} and {place} > 1) as {flags.of(index)}")
            continue
        twice = flags.name(f"_twice_{index}")
        parts = [flags.name(f"_key_{index}_{n}") for n in range(len(check.columns))]
        selected = ", ".join(
            f"{identifier(column)} as {part}"
            for column, part in zip(check.columns, parts, strict=True)
        )
        matched = " and ".join(
            f"{flags.rows}.{identifier(column)} = {twice}.{part}"
            for column, part in zip(check.columns, parts, strict=True)
        )
        joins.append(
            f"left join (select {selected} from {flags.rows} where {sound} and {whole} "
            f"group by {key} having count(*) > 1) as {twice} on {matched}"
        )
        shown.append(f"({sound} and {twice}.{parts[0]} is not null) as {flags.of(index)}")
    return f"select {', '.join(shown)} from {flags.rows} {' '.join(joins)}", bad


def _count_one_key(
    number: int, unique: tuple[int, Unique], singles: Sequence[str], flags: _Flags
) -> str:
    """Figures without a join: rows of repeated keys are sound, so they are simply added."""
    index, check = unique
    going = "n - 1" if check.keep_first_by else "n"
    twice = (
        f"(select coalesce(sum({going}), 0) from (select count(*) as n from {flags.rows} "
        f"where {_sound(singles)} and {has_parts(check.columns)} "
        f"group by {names(check.columns)} having count(*) > 1))"
    )
    figures = ", ".join(twice if i == index else f"count_if({flags.of(i)})" for i in range(number))
    bad = f"count_if({' or '.join(singles)})" if singles else "0"
    return f"select count(*), {bad} + {twice}, {figures} from {flags.rows}"


def _sound(singles: Sequence[str]) -> str:
    return f"not ({' or '.join(singles)})" if singles else "true"
