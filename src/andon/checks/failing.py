"""The rows that fail a check, as a query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from andon.checks.conditions import fails, has_parts
from andon.checks.keys import names, orphan_rows
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
    Unique,
)
from andon.sql.quote import identifier


def failing_rows(
    check: Check,
    *,
    asset: str,
    schema: Schema,
    relation: str,
    references: Mapping[str, Reference],
    logical_time: datetime,
    limit: int,
) -> str | None:
    """Query for up to `limit` rows that fail `check`; None for kinds that judge no single rows.

    Columns are those of the asset; for a check file those of its query. No order is promised.
    """
    subject = Subject(
        asset=asset,
        schema=schema,
        relation=relation,
        references=references,
        logical_time=logical_time,
    )
    columns, table = names(schema.names), subject.table
    match check:
        case NotNull() | Accepted() | Range() | Pattern() | Expect():
            condition = fails(check, subject)
            return f"select {columns} from {table} where {condition} limit {limit}"
        case Unique():
            return f"{_repeated_rows(check, schema, table)} limit {limit}"
        case Relationship():
            other = subject.target_of(check)
            rows = orphan_rows(check.columns, check.to_columns, table, other, columns)
            return f"select {columns} from {rows} limit {limit}"
        case SqlCheck():
            query = subject.query_of(check)
            return f"select * from (\n{query}\n) limit {limit}"
        case RowCount() | Reconcile() | Freshness():
            return None
        case _:
            assert_never(check)


def _repeated_rows(check: Unique, schema: Schema, table: str) -> str:
    columns, key, whole = names(schema.names), names(check.columns), has_parts(check.columns)
    if check.keep_first_by:
        place = f"row_number() over (partition by {key} order by "
        place += f"{order_by(check.keep_first_by, schema)})"
        return f"select {columns} from {table} where {whole} qualify {place} > 1"
    # Only the repeated keys are held, not the whole table, as a window would.
    joined = " and ".join(
        f"all_.{identifier(column)} = twice_.{identifier(column)}" for column in check.columns
    )
    twice = f"(select {key} from {table} where {whole} group by {key} having count(*) > 1)"
    return (
        f"select {columns} from (select {columns} from {table} where {whole}) as all_ "
        f"semi join {twice} as twice_ on {joined}"
    )
