"""Declared literals in the type of a column, exactly: nothing is rounded into the bounds.

A YAML scalar has a type of its own; compared carelessly the engine would round ``0.5`` to an
integer column's type. Numbers are therefore fitted to the column here, with Python's exact
decimals, and everything else is checked as far as its spelling tells.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from typing import Literal

from msgspec import Struct

from andon.spec.check import Literal_
from andon.sql.quote import literal

Family = Literal["integer", "decimal", "float", "text", "boolean", "date", "timestamp", "other"]

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_INTEGERS = {name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()}
_INTEGERS |= {f"U{name}": (0, 2**bits - 1) for name, bits in _BITS.items()}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)\Z")
_ENUM_VALUE = re.compile(r"'((?:[^']|'')*)'")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?\Z"
)
_WIDE = Context(prec=100)
_LARGEST_FLOAT = Decimal("3.4028234e38")
_LARGEST_DOUBLE = Decimal("1.7976931348623157e308")
_WORDS = {"infinity", "-infinity", "epoch"}


class Bounds(Struct, frozen=True):
    """Both ends of a range, fitted to a column.

    Attributes:
        low, high: SQL of the bounds; None is open.
        is_empty: no value of the type lies between them.
    """

    low: str | None
    high: str | None
    is_empty: bool = False


def family_of(type_: str) -> Family:
    """Group of types that compare with each other without a loss.

    >>> family_of("UINTEGER"), family_of("DECIMAL(10,2)"), family_of("INTEGER[]")
    ('integer', 'decimal', 'other')
    """
    if type_ in _INTEGERS:
        return "integer"
    if _DECIMAL.match(type_):
        return "decimal"
    if type_ in ("FLOAT", "DOUBLE"):
        return "float"
    if type_ in ("VARCHAR", "JSON") or is_enum(type_):
        return "text"
    if type_ in ("BOOLEAN", "DATE"):
        return "boolean" if type_ == "BOOLEAN" else "date"
    return "timestamp" if type_.startswith("TIMESTAMP") and "[" not in type_ else "other"


def is_enum(type_: str) -> bool:
    """Whether the type is an enumeration (not a list of one)."""
    return type_.startswith("ENUM(") and type_.endswith(")")


def word_of(value: Literal_) -> str:
    """The literal's text as YAML wrote it, for a cast."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def fits(value: Literal_, type_: str) -> bool:
    """Whether `value` is a value of the type, exactly (so that it could occur in the column).

    Types whose spelling is not known here are left to the engine and count as fitting.
    """
    match family_of(type_):
        case "integer" | "decimal":
            number = _number(value)
            if number is None or not number.is_finite():
                return False
            low, high, step = _space(type_)
            return low <= number <= high and _WIDE.remainder(number, step) == 0
        case "float":
            number = _number(value)
            return number is not None and _is_float(number, type_)
        case "boolean":
            return word_of(value) in ("true", "false")
        case "text":
            return not is_enum(type_) or word_of(value) in _enum_values(type_)
        case "date" | "timestamp" as family:
            return isinstance(value, str) and _is_moment(value, family)
        case "other":
            return type_ != "UUID" or _UUID.match(word_of(value)) is not None


def is_comparable(value: Literal_, type_: str) -> bool:
    """Whether `value` can be a bound of the type; a number need not be a value of it."""
    if family_of(type_) in ("integer", "decimal", "float"):
        number = _number(value)
        exact = family_of(type_) != "float"
        return number is not None and not number.is_nan() and (exact or fits(value, type_))
    return fits(value, type_)


def cast_to(value: Literal_, type_: str) -> str:
    """SQL of a fitting literal in the column's type."""
    number = _number(value) if family_of(type_) in ("integer", "decimal") else None
    text = word_of(value).strip() if number is None else format(number, "f")
    if family_of(type_) == "text":
        text = word_of(value)
    return f"cast({literal(text)} as {type_})"


def bounds(low: Literal_, high: Literal_, type_: str) -> Bounds:
    """Bounds in the column's type: tightened inwards to its values, dropped where it ends first."""
    if family_of(type_) not in ("integer", "decimal"):
        return Bounds(
            None if low is None else cast_to(low, type_),
            None if high is None else cast_to(high, type_),
        )
    first, last, step = _space(type_)
    bottom, top = _tightened(low, step, ROUND_CEILING), _tightened(high, step, ROUND_FLOOR)
    bottom = None if bottom is not None and bottom <= first else bottom
    top = None if top is not None and top >= last else top
    is_empty = (bottom is not None and bottom > last) or (top is not None and top < first)
    if is_empty:
        return Bounds(None, None, is_empty=True)
    return Bounds(
        None if bottom is None else f"cast({literal(format(bottom, 'f'))} as {type_})",
        None if top is None else f"cast({literal(format(top, 'f'))} as {type_})",
    )


def _space(type_: str) -> tuple[Decimal, Decimal, Decimal]:
    """Smallest value, largest value and step of an exact numeric type."""
    if type_ in _INTEGERS:
        low, high = _INTEGERS[type_]
        return Decimal(low), Decimal(high), Decimal(1)
    found = _DECIMAL.match(type_)
    if found is None:
        raise ValueError(f"not an exact number: {type_}")
    width, scale = int(found[1]), int(found[2])
    step = Decimal(1).scaleb(-scale)
    largest = _WIDE.multiply(Decimal(10**width - 1), step)
    return -largest, largest, step


def _number(value: Literal_) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return None if number.is_snan() else number


def _is_float(number: Decimal, type_: str) -> bool:
    """Whether a number that is finite stays so in the type."""
    largest = _LARGEST_FLOAT if type_ == "FLOAT" else _LARGEST_DOUBLE
    return not number.is_finite() or abs(number) <= largest


def _tightened(value: Literal_, step: Decimal, rounding: str) -> Decimal | None:
    number = _number(value)
    if number is None or not number.is_finite():
        return number
    if abs(number) >= Decimal(10) ** 50:
        return number
    return (
        _WIDE.quantize(number, step)
        if _is_multiple(number, step)
        else number.quantize(step, rounding=rounding, context=_WIDE)
    )


def _is_multiple(number: Decimal, step: Decimal) -> bool:
    return _WIDE.remainder(number, step) == 0


def _enum_values(type_: str) -> tuple[str, ...]:
    return tuple(text.replace("''", "'") for text in _ENUM_VALUE.findall(type_))


def _is_moment(text: str, family: Literal["date", "timestamp"]) -> bool:
    text = text.strip()
    if text.lower() in _WORDS:
        return True
    try:
        if family == "date":
            return _DATE.match(text) is not None and bool(date.fromisoformat(text))
        return _TIMESTAMP.match(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False
