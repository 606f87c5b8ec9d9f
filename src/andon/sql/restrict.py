"""Restriction: the inputs of a query become their rows of one slice, or of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from andon.intervals import FIRST, Every, Interval, limit
from andon.schema import Schema
from andon.sql.quote import identifier, literal
from andon.sql.slices import SlicedInput


class Outside(Struct, frozen=True):
    """Rows that lie in no interval: those without a time, and times beyond the calendar."""

    every: Every


class Keys(Struct, frozen=True, kw_only=True):
    """Rows whose key is one of a relation; null is a value like others.

    Attributes:
        table: table expression, already in parentheses.
        columns: its columns, in the order of the declared key.
    """

    table: str
    columns: tuple[str, ...]


Part = Interval | Outside | Keys
"""Some slices: those of a stretch of time, the one beyond all intervals, or those of keys."""


def restricted(
    tables: Mapping[str, str],
    inputs: Sequence[SlicedInput],
    part: Part,
    columns_of: Mapping[str, Schema],
) -> dict[str, str]:
    """What to bind in place of the inputs of a query that is built slice by slice.

    Args:
        tables: name -> table expression in parentheses, of all inputs.
        inputs: those read by slices, as proved; their rows are restricted.
        part: which slices.
        columns_of: columns of those inputs.

    Returns:
        Name -> table expression in parentheses, of all inputs.

    Raises:
        KeyError: if an input read by slices is in neither mapping.
        ValueError: if such an input has not the columns that `part` asks for.
    """
    found = dict(tables)
    for one in inputs:
        types = [columns_of[one.name].column(name) for name in one.columns]
        condition = belonging(
            one.columns, ["" if column is None else column.type for column in types], part
        )
        found[one.name] = f"(select * from {tables[one.name]} as part_rows where {condition})"
    return found


def belonging(columns: Sequence[str], types: Sequence[str], part: Part) -> str:
    """The condition that rows of some slices fulfil, and no others; of inputs and of the result.

    It may be null where it is not true, so that files can be skipped by it: the rows of all other
    slices are those for which ``(...) is not true``. They stand under the name ``part_rows``.

    Args:
        columns: those that tell the slice; one for a stretch of time.
        types: their types, in DuckDB's spelling.
        part: which slices.

    Raises:
        ValueError: if the number of columns does not fit, or a type has no intervals.
    """
    wanted = len(part.columns) if isinstance(part, Keys) else 1
    if len(columns) != wanted or len(types) != wanted:
        raise ValueError(f"{wanted} columns tell the slice, not {len(columns)}")
    names = [f"part_rows.{identifier(name)}" for name in columns]
    match part:
        case Interval(start=start, end=end):
            first, last = _bound(start, types[0]), _bound(end, types[0])
            return f"{names[0]} >= {first} and {names[0]} < {last}"
        case Outside(every=every):
            first, last = _bound(FIRST, types[0]), _bound(limit(every), types[0])
            return f"({names[0]} >= {first} and {names[0]} < {last}) is not true"
        case Keys(table=table, columns=keys):
            pairs = zip(names, keys, strict=True)
            same = " and ".join(
                f"{name} is not distinct from part_keys.{identifier(key)}" for name, key in pairs
            )
            return f"exists (select 1 from {table} as part_keys where {same})"
        case _:
            assert_never(part)


def _bound(moment: datetime, type_: str) -> str:
    """A bound as a literal of the column's own type, by which files can be skipped."""
    bare = moment.replace(tzinfo=None)
    match type_.upper():
        case "DATE":
            is_midnight = bare == datetime.combine(bare, datetime.min.time())
            return literal(bare.date() if is_midnight else bare)
        case "TIMESTAMP":
            return literal(bare)
        case "TIMESTAMP WITH TIME ZONE" | "TIMESTAMPTZ":
            return literal(moment)
        case _:
            raise ValueError(f"a column of type {type_ or 'unknown'} has no intervals")
