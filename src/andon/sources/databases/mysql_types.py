"""Types of MySQL in Arrow, from the text in which the server sends every value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from andon.acquisition.cursors.cursor import CursorKind
from andon.sources.databases.columns import Misfit, Output

_NOT_NULL, _UNSIGNED = 1, 32
_BINARY: Final = 63
"""Number of the character set of bytes."""

_BITS: Final = {1: 8, 2: 16, 3: 32, 8: 64, 9: 32}
_DECIMALS: Final = (0, 246)
_GEOMETRY: Final = 255
_WORDS: Final = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp",
    8: "bigint", 9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year", 16: "bit",
    245: "json", 246: "decimal", 247: "enum", 248: "set", 255: "geometry",
}  # fmt: skip


def output_of(
    field: Any, texts: Collection[str], quote: Callable[[str], str], *, is_known: bool
) -> Output:
    """How a column of a result is selected and kept.

    Args:
        field: as the server describes it.
        texts: columns in lower case that are wanted as text.
        is_known: whether its flags tell of a table's column, so that "not null" is believed.
    """
    quoted, code = quote(field.name), field.type_code
    kind, make, cursor, expression = _kept(field, code, quoted)
    if field.name.lower() in texts:
        import pyarrow as pa

        kind, make, cursor = pa.string(), _texts, None
        expression = f"st_astext({quoted})" if code == _GEOMETRY else f"cast({quoted} as char)"
    return Output(
        name=field.name,
        type=_WORDS.get(code, "blob" if field.charsetnr == _BINARY else "text"),
        expression=expression if expression == quoted else f"{expression} as {quoted}",
        kind=kind,
        make=make,
        cursor=cursor,
        nullable=not field.flags & _NOT_NULL if is_known else None,
    )


def _kept(
    field: Any, code: int, quoted: str
) -> tuple[Any, Callable[[Sequence[Any]], Any], CursorKind | None, str]:
    import pyarrow as pa

    if code in _BITS:
        bits, sign = _BITS[code], "u" if field.flags & _UNSIGNED else ""
        kind = getattr(pa, f"{sign}int{bits}")()
        return kind, _cast(kind), "integer", quoted
    if code in _DECIMALS:
        precision = field.length - bool(field.scale) - (not field.flags & _UNSIGNED)
        if precision > 38:
            return pa.string(), _texts, None, quoted
        kind = pa.decimal128(max(precision, 1), field.scale)
        return kind, _cast(kind), "decimal", quoted
    special = _special(quoted).get(code)
    if special is not None:
        return special
    if field.charsetnr == _BINARY:
        return pa.binary(), _bytes, None, quoted
    return pa.string(), _texts, "text", quoted


def _special(
    quoted: str,
) -> dict[int, tuple[Any, Callable[[Sequence[Any]], Any], CursorKind | None, str]]:
    """Kept types by the number of the server's type, beside numbers and texts."""
    import pyarrow as pa

    us, year = pa.timestamp("us"), pa.int16()
    return {
        # The text of a float has six digits only; as a double it has all.
        4: (pa.float32(), _cast(pa.float64()), None, f"{quoted} + 0e0"),
        5: (pa.float64(), _cast(pa.float64()), None, quoted),
        7: (pa.timestamp("us", tz="UTC"), _zoned, "timestamptz", quoted),
        10: (pa.date32(), _cast(pa.date32()), "date", quoted),
        11: (pa.time64("us"), _times, None, quoted),
        12: (us, _cast(us), "timestamp", quoted),
        13: (year, _cast(year), "integer", quoted),
        16: (pa.uint64(), _cast(pa.uint64()), None, f"cast({quoted} as unsigned)"),
        245: (pa.json_(), _json, None, quoted),
        _GEOMETRY: (pa.string(), _texts, None, f"st_astext({quoted})"),
    }


def _texts(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _bytes(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.binary())


def _cast(kind: Any) -> Callable[[Sequence[Any]], Any]:
    return lambda values: _texts(values).cast(kind)


def _zoned(values: Sequence[Any]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.assume_timezone(_texts(values).cast(pa.timestamp("us")), "UTC")


def _json(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.ExtensionArray.from_storage(pa.json_(), _texts(values))


def _times(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.array([_microseconds(value) for value in values], pa.int64()).cast(pa.time64("us"))


def _microseconds(text: str | None) -> int | None:
    """Microseconds of a time of day; a TIME of MySQL may also be a span of many days."""
    if text is None:
        return None
    hours, minutes, rest = text.split(":")
    seconds, _, fraction = rest.partition(".")
    if hours.startswith("-") or int(hours) > 23:
        raise Misfit("it holds a span of time that is no time of day")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1_000_000 + int(fraction.ljust(6, "0") or 0)
