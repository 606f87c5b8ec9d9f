"""Least common type of typed columns: a function of the set of types, so order never matters.

Text columns have their own evidence (see `evidence`). These types come from Parquet schemas and
from the structure of JSON documents; they are in DuckDB's spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from andon.spec.column_type import signs

_SIGNED = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64, "UHUGEINT": 128}
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 20, 128: 39}
_FLOATS = ("FLOAT", "DOUBLE")
_TIMES = ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)\Z")
_FIELD = re.compile(r'\s*("(?:[^"]|"")*"|[^\s"]+)\s+')
_MOST_FIELDS = 1000
"""A struct with more fields is a dictionary whose keys are data: it is kept as JSON."""


def least_common(types: Iterable[str]) -> str:
    """The least type that every one of `types` converts to without loss, else VARCHAR or JSON.

    Structs are joined field by field, so that a new nested field widens the struct; lists by their
    elements. ``NULL`` (a column without a value) joins with everything. Nested with flat is JSON.
    Integers with floats are DOUBLE, as everywhere in SQL.

    >>> least_common(["INTEGER", "BIGINT"]), least_common(["DATE", "BIGINT"])
    ('BIGINT', 'VARCHAR')
    >>> least_common(["STRUCT(a BIGINT)", "STRUCT(b DATE, a DOUBLE)"])
    'STRUCT("a" DOUBLE, "b" DATE)'
    >>> least_common([])
    'NULL'
    """
    known = sorted(set(types) - {"NULL"})
    if not known:
        return "NULL"
    if len(known) == 1:
        return known[0]
    if any(is_nested(kind) for kind in known) or "JSON" in known:
        return _nested(known)
    return _integers(known) or _numbers(known) or _moments(known) or "VARCHAR"


def is_nested(kind: str) -> bool:
    """Whether a type is a struct, map or list."""
    return kind.endswith("]") or kind.startswith(("STRUCT(", "MAP("))


def settle(kind: str) -> str:
    """A type in which a table can be kept: what never had a value becomes text.

    >>> settle("NULL[]"), settle("STRUCT(a NULL)")
    ('VARCHAR[]', 'STRUCT("a" VARCHAR)')
    """
    if kind == "NULL":
        return "VARCHAR"
    if kind.endswith("[]"):
        return f"{settle(kind[:-2])}[]"
    if kind.startswith("STRUCT("):
        return struct([(name, settle(inner)) for name, inner in fields_of(kind)])
    return kind


def struct(fields: Iterable[tuple[str, str]]) -> str:
    """Spelling of a struct type with quoted field names."""
    inner = ", ".join('"{}" {}'.format(name.replace('"', '""'), kind) for name, kind in fields)
    return f"STRUCT({inner})"


def fields_of(kind: str) -> list[tuple[str, str]]:
    """Fields of a struct type, in order.

    >>> fields_of('STRUCT(a DECIMAL(4,2), "b c" STRUCT(d DATE)[])')
    [('a', 'DECIMAL(4,2)'), ('b c', 'STRUCT(d DATE)[]')]
    """
    found = []
    for part in _split(kind[len("STRUCT(") : -1]):
        match = _FIELD.match(part)
        if match is None:
            raise ValueError(f"not a struct field: {part}")
        name = match.group(1)
        plain = name[1:-1].replace('""', '"') if name.startswith('"') else name
        found.append((plain, part[match.end() :].strip()))
    return found


def _split(text: str) -> list[str]:
    """Split at commas outside of brackets and quotes."""
    parts, start = [], 0
    for at, sign, depth in signs(text):
        if sign == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _nested(known: list[str]) -> str:
    if all(kind.endswith("[]") for kind in known):
        return f"{least_common(kind[:-2] for kind in known)}[]"
    if all(kind.startswith("STRUCT(") and not kind.endswith("]") for kind in known):
        columns: dict[str, set[str]] = {}
        for kind in known:
            for name, inner in fields_of(kind):
                columns.setdefault(name, set()).add(inner)
        if len({name.casefold() for name in columns}) < len(columns):
            return "JSON"
        if len(columns) > _MOST_FIELDS:
            return "JSON"
        return struct((name, least_common(columns[name])) for name in sorted(columns))
    return "JSON"


def _integers(known: list[str]) -> str | None:
    signed = [_SIGNED[kind] for kind in known if kind in _SIGNED]
    unsigned = [_UNSIGNED[kind] for kind in known if kind in _UNSIGNED]
    if len(signed) + len(unsigned) < len(known):
        return None
    if not signed:
        return next(name for name, bits in _UNSIGNED.items() if bits == max(unsigned))
    needed = max([*signed, *(bits * 2 for bits in unsigned)])
    return next((name for name, bits in _SIGNED.items() if bits == needed), "VARCHAR")


def _numbers(known: list[str]) -> str | None:
    whole, scale = 0, 0
    for kind in known:
        bits = _SIGNED.get(kind) or _UNSIGNED.get(kind)
        decimal = _DECIMAL.match(kind)
        if bits:
            whole = max(whole, _DIGITS[bits])
        elif decimal:
            width, after = int(decimal.group(1)), int(decimal.group(2))
            whole, scale = max(whole, width - after), max(scale, after)
        elif kind not in _FLOATS:
            return None
    if any(kind in _FLOATS for kind in known) or whole + scale > 38:
        return "DOUBLE"
    return f"DECIMAL({whole + scale},{scale})"


def _moments(known: list[str]) -> str | None:
    if "TIMESTAMP WITH TIME ZONE" in known:
        return None
    times = [_TIMES.index(kind) for kind in known if kind in _TIMES]
    if len(times) + known.count("DATE") < len(known):
        return None
    # Seconds and milliseconds have no literal of their own in most tools: two units are TIMESTAMP.
    return _TIMES[max([*times, _TIMES.index("TIMESTAMP")])]
