"""Order: by what the rows of one key are told older and newer, where they tell it themselves."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from andon.acquisition.cursors.position import decode, kind_of
from andon.acquisition.cursors.sequence import position
from andon.catalog.records import Delivery
from andon.reading.quoting import identifier, literal
from andon.schema import Column, Schema
from andon.spec.origin import PythonOrigin
from andon.spec.source import SourceTable

_CASTS = {
    "number": "double",
    "text": "varchar",
    "date": "date",
    "time without a zone": "timestamp",
    "time with a zone": "timestamptz",
}
_NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")


class Order(Struct, frozen=True, kw_only=True):
    """The cursor of rows: the column that holds it, and its value as SQL."""

    column: Column
    value: str


def order_of(table: SourceTable, deliveries: Sequence[Delivery], schema: Schema) -> Order | None:
    """How rows of a function with a cursor are ordered; None where they count as they arrive.

    Databases and APIs are read in order of their cursor, and what comes again is told when it is
    landed; a function may yield in any order. A column that the table does not take in orders nothing.
    """
    origin = table.origin
    if not isinstance(origin, PythonOrigin) or not origin.cursor:
        return None
    kind = kind_of(decode(position(deliveries)).value)
    columns = {column.name.casefold(): column for column in schema.columns}
    first, *inner = [origin.cursor]
    if first.casefold() not in columns:
        first, *inner = origin.cursor.split(".")
    column = columns.get(first.casefold())
    if kind is None or column is None:
        return None
    value = identifier(column.name)
    if inner and column.type.startswith("STRUCT"):
        value = ".".join([value, *map(identifier, inner)])
    elif inner:
        path = "".join(f'."{step}"' for step in inner)
        value = f"json_extract_string({value}, {literal(f'${path}')})"
    is_exact = kind == "number" and not inner and any(word in column.type for word in _NUMBERS)
    if not is_exact:
        value = f"cast({value} as {_CASTS[kind]})"
    return Order(column=column, value=value)
