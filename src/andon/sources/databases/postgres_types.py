"""Types of PostgreSQL in Arrow: what the driver gives, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from andon.acquisition.cursors.cursor import CursorKind
from andon.ports.door import DoorClosed
from andon.reading.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_AS_THEY_ARE: Final = frozenset(
    "bool int2 int4 int8 float4 float8 numeric text varchar bpchar bytea timestamp timestamptz date time"
    " json jsonb uuid name".split()
)
_CASTS: Final = {"oid": "bigint", "money": "numeric"}
_KINDS: Final[dict[str, CursorKind]] = {
    "int2": "integer", "int4": "integer", "int8": "integer", "oid": "integer", "date": "date",
    "timestamp": "timestamp", "timestamptz": "timestamptz", "text": "text", "varchar": "text",
    "bpchar": "text", "uuid": "uuid",
}  # fmt: skip
_FIRST_US = -210_866_803_200_000_000
"""The first moment PostgreSQL knows, 4713 BC; the driver shifts epochs, and what overflows is below."""
_INFINITY = {-9_222_425_352_054_775_809: 2**63 - 1, -9_222_425_352_054_775_808: -(2**63 - 1)}
_INFINITY_DAYS = {-2_147_472_692: 2**31 - 1, -2_147_472_691: -(2**31 - 1)}
"""Infinities as they come out of the driver's shift, and as the embedded engine reads them."""


class Column(Struct, frozen=True, kw_only=True):
    """A column as the server names it; `size` is precision and scale of a number that declares them."""

    name: str
    type: str
    size: tuple[int, int] | None = None
    is_list: bool = False
    is_struct: bool = False

    @property
    def kind(self) -> CursorKind | None:
        """What it is compared as where it is a cursor."""
        if self.type == "numeric":
            return "decimal" if self.size else None
        return _KINDS.get(self.type)

    def output(self, is_text: bool) -> str:
        """Expression that selects it in a type the driver gives without loss."""
        name = identifier(self.name)
        if is_text:
            return f"{name}::text as {name}"
        if self.is_struct:
            return f"to_json({name}) as {name}"
        if self.is_list:
            inner = self.type.removeprefix("_")
            if inner not in _AS_THEY_ARE or inner == "numeric":
                return f"{_one_dimension(self, f'{name}::text[]', 'text')} as {name}"
            return f"{_one_dimension(self, name, inner)} as {name}"
        if self.type == "numeric":
            # The driver makes a text of every number; the server does it for less.
            return f"{name}::text as {name}"
        if self.type in _AS_THEY_ARE:
            return name
        return f"{name}::{_CASTS.get(self.type, 'text')} as {name}"


def _one_dimension(column: Column, value: str, inner: str) -> str:
    """The driver lays arrays of several dimensions out in one; the server refuses them here."""
    name = identifier(column.name)
    word = f"'andon array {column.name.encode().hex()} ' || array_ndims({name})"
    return f"case when array_ndims({name}) > 1 then ({word})::{inner}[] else {value} end"


def column_of(field: pa.Field) -> Column:
    """A column from the driver's schema.

    Raises:
        DoorClosed: (no_driver) it does not tell types, and all of them would become text.
    """
    import pyarrow as pa

    named = (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()
    if not named:
        raise DoorClosed("no_driver", "older than 1.13 and does not tell types")
    return Column(
        name=field.name,
        type=named,
        size=_size_of(field),
        is_list=pa.types.is_list(field.type),
        is_struct=pa.types.is_struct(field.type),
    )


Convert = Callable[["pa.Array"], "pa.Array"]


class Plan:
    """How batches of one query become what Parquet keeps.

    Args:
        schema: as the driver gives it.
        sizes: precision and scale of the numbers, which come as text.
    """

    def __init__(self, schema: pa.Schema, sizes: Mapping[str, tuple[int, int]]) -> None:
        import pyarrow as pa

        self._steps: list[tuple[str, Convert | None]] = []
        fields = []
        for field in schema:
            kind, step = _number(*sizes[field.name]) if field.name in sizes else _step(field)
            self._steps.append((field.name, step))
            fields.append(pa.field(field.name, kind))
        self.schema = pa.schema(fields)

    def convert(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch in the types that are kept.

        Raises:
            DoorClosed: (value) one does not fit its type.
        """
        import pyarrow as pa

        arrays: list[pa.Array] = []
        for (name, step), array in zip(self._steps, batch.columns, strict=True):
            try:
                arrays.append(array if step is None else step(array))
            except pa.ArrowInvalid:
                raise DoorClosed("value", "NaN, infinity or too many digits", column=name) from None
            except OverflowError:
                raise DoorClosed("value", "a moment after the year 294246", column=name) from None
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def empty(self) -> pa.RecordBatch:
        """No rows."""
        import pyarrow as pa

        columns: Sequence[pa.Array] = [pa.array([], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _step(field: pa.Field) -> tuple[pa.DataType, Convert | None]:
    import pyarrow as pa

    kind = field.type
    if pa.types.is_list(kind):
        return _list_step(field)
    if isinstance(kind, pa.OpaqueType):
        size = _size_of(field)
        if size is None:
            return kind.storage_type, _storage
        decimal = pa.decimal128(*size)
        return decimal, lambda array: array.storage.cast(decimal)
    if pa.types.is_timestamp(kind):
        return kind, _moments
    if pa.types.is_date32(kind):
        return kind, _days
    return kind, None


def _number(precision: int, scale: int) -> tuple[pa.DataType, Convert]:
    import pyarrow as pa

    kind = pa.decimal128(precision, scale)
    return kind, lambda array: array.cast(kind)


def _list_step(field: pa.Field) -> tuple[pa.DataType, Convert | None]:
    import pyarrow as pa

    kind, step = _step(field.type.value_field)
    wanted = pa.list_(kind)

    def convert(array: pa.Array) -> pa.Array:
        values = array.values if step is None else step(array.values)
        return pa.ListArray.from_arrays(
            array.offsets, values, type=wanted, mask=array.is_null() if array.null_count else None
        )

    return wanted, convert


def _storage(array: pa.Array) -> pa.Array:
    return array.storage


def _size_of(field: pa.Field) -> tuple[int, int] | None:
    """Precision and scale that a number declares, if a decimal has them."""
    modifier = int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))
    if modifier < 4 or (field.metadata or {}).get(b"POSTGRESQL:type") != b"numeric":
        return None
    precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
    return (precision, scale) if precision <= 38 and scale <= precision else None


def _moments(array: pa.Array) -> pa.Array:
    return _infinite(array, _FIRST_US, _INFINITY)


def _days(array: pa.Array) -> pa.Array:
    return _infinite(array, _FIRST_US // 86_400_000_000, _INFINITY_DAYS)


def _infinite(array: pa.Array, first: int, infinities: dict[int, int]) -> pa.Array:
    """Moments with their infinities put right; those beyond what fits are an error."""
    import pyarrow as pa
    import pyarrow.compute as pc

    width = pa.int64() if pa.types.is_timestamp(array.type) else pa.int32()
    numbers = array.view(width)
    low = pc.min(numbers).as_py()
    if low is None or low >= first:
        return array
    for shifted, meant in infinities.items():
        numbers = pc.if_else(pc.equal(numbers, shifted), pa.scalar(meant, width), numbers)
    lowest = min(infinities.values())
    strange = pc.and_(pc.less(numbers, first), pc.not_equal(numbers, lowest))
    if pc.any(strange).as_py():
        raise OverflowError
    return numbers.view(array.type)
