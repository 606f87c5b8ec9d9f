"""Statements about keys: repeated ones, and those that stand in no other table."""

from __future__ import annotations

from collections.abc import Sequence

from andon.checks.conditions import has_parts
from andon.sql.quote import identifier


def names(columns: Sequence[str]) -> str:
    """Quoted names, separated by commas."""
    return ", ".join(identifier(column) for column in columns)


def repeated(columns: Sequence[str], *, table: str, keeps_first: bool) -> str:
    """Counts the rows whose key occurs more than once; a key with a null part is not compared.

    Args:
        keeps_first: whether one row of each repeated key is not counted.
    """
    counted = "n - 1" if keeps_first else "n"
    return (
        f"select coalesce(sum({counted}), 0)::BIGINT from (select count(*) as n from {table} "
        f"where {has_parts(columns)} group by {names(columns)} having count(*) > 1)"
    )


def neighbours(columns: Sequence[str], *, table: str) -> str:
    """Counts the keys whose hash equals that of another one: 0 proves that no key is repeated.

    Sorting numbers takes two thirds of the time of grouping keys and half of the memory, and it
    spills where a hash table does not fit. More than 0 may be a collision and is looked into.
    """
    return (
        f"select count(*) from (select hash_, lag(hash_) over (order by hash_) as before_ from "
        f"(select hash({names(columns)}) as hash_ from {table} where {has_parts(columns)})) "
        "where hash_ = before_"
    )


def newly_repeated(columns: Sequence[str], *, table: str, added: str) -> str:
    """Counts the keys of added rows that occur more than once in the whole: if none of the others
    was repeated before, 0 proves that none is now."""
    wanted = f"(select distinct {names(columns)} from {added} where {has_parts(columns)})"
    return (
        f"select count(*) from (select 1 from {table} semi join {wanted} as new_ "
        f"using ({names(columns)}) group by {names(columns)} having count(*) > 1)"
    )


def compared(columns: Sequence[str], *, table: str, reference: str) -> str:
    """Rows of another table, and distinct keys here, there and in both; keys with a null part are
    none. Without a key only the rows are counted."""
    rows = f"(select count(*) from {reference})"
    if not columns:
        return f"select {rows}, null, null, null"
    key, whole = names(columns), has_parts(columns)
    own, other = (f"(select distinct {key} from {one} where {whole})" for one in (table, reference))
    return (
        f"select {rows}, (select count(*) from {own}), (select count(*) from {other}), "
        f"(select count(*) from {other} as other_ semi join {own} as own_ using ({key}))"
    )


def orphans(
    columns: Sequence[str], to_columns: Sequence[str], *, table: str, reference: str
) -> str:
    """Counts the rows whose key, without a null part, does not occur in `reference`."""
    rows = orphan_rows(columns, to_columns, table, reference, names(columns))
    return f"select count(*) from {rows}"


def orphan_rows(
    columns: Sequence[str], to_columns: Sequence[str], table: str, reference: str, what: str
) -> str:
    """The rows that `orphans` counts, as a table expression."""
    # Both sides are projected first, so that equal column names cannot be confused.
    source = f"(select {what} from {table} where {has_parts(columns)}) as own_"
    target = f"(select {names(to_columns)} from {reference}) as other_"
    joined = " and ".join(
        f"own_.{identifier(one)} = other_.{identifier(other)}"
        for one, other in zip(columns, to_columns, strict=True)
    )
    return f"{source} anti join {target} on {joined}"
