"""Rows of Python as lines of JSON in which no value loses anything."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any
from uuid import UUID

_WIDEST_EXPONENT = 400


class NotJson(ValueError):
    """A value that no line of JSON holds; the text says what it is, never the value."""


def line_of(row: Mapping[str, Any]) -> bytes:
    r"""A row as one line without its end.

    Whole numbers keep all digits. What JSON does not know is text that casts back to what it was:
    decimals by their digits, dates and times in ISO form, bytes in hexadecimal digits (as the
    type BLOB is read), NaN and infinities by name, UUIDs and durations as they are printed.

    >>> line_of({"a": Decimal("1.10"), "b": b"\x00z", "c": [date(2026, 1, 2)], "d": float("nan")})
    b'{"a":"1.10","b":"007a","c":["2026-01-02"],"d":"NaN"}'

    Raises:
        NotJson: there is no such text.
    """
    try:
        return _text_of(row).encode()
    except UnicodeEncodeError:
        raise NotJson("text with half a character (a lone surrogate)") from None
    except RecursionError:
        raise NotJson("a value that is nested too deeply, or in itself") from None


def identity(row: Mapping[str, Any]) -> bytes:
    """What is equal for equal rows, of a row read from its line."""
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


def _text_of(row: Mapping[str, Any]) -> str:
    if not all(isinstance(key, str) for key in row):
        raise NotJson("a key that is no text")
    for value in row.values():
        if isinstance(value, dict | list | tuple):
            _check_keys(value)
    plain = row if isinstance(row, dict) else dict(row)
    try:
        return _encode(plain)
    except NotJson:
        raise
    except ValueError:  # NaN, or a value in itself
        return _encode(_without_nan(plain))


def _encode(row: object) -> str:
    return json.dumps(
        row, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_text
    )


def _text(value: Any) -> object:
    """A value that JSON does not know."""
    match value:
        case Decimal():
            # `1E+2` is `100`, but nobody wants a million zeros.
            short = value.is_finite() and abs(value.adjusted()) < _WIDEST_EXPONENT
            return format(value, "f") if short else str(value)
        case datetime() | date() | time():
            # A missing time of pandas is a datetime that is not equal to itself.
            return value.isoformat() if value == value else None  # noqa: PLR0124
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case timedelta():
            whole = value.seconds
            clock = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
            return f"{value.days} days {clock}.{value.microseconds:06}"
        case UUID():
            return str(value)
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case _:
            return _of_library(value)


def _of_library(value: Any) -> object:
    """A value of numpy or pandas, which need not be installed."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library == "pandas" and kind.__name__ in ("NAType", "NaTType"):
        return None
    if library == "numpy":
        if kind.__name__ in ("datetime64", "timedelta64"):
            return None if str(value) == "NaT" else str(value)
        if kind.__name__ == "ndarray":
            return value.tolist()
        if hasattr(value, "item"):
            return value.item()
    raise NotJson(f"a value of type `{kind.__module__}.{kind.__qualname__}`")


def _check_keys(value: object) -> None:
    """Refuse keys of inner mappings that JSON would turn into text."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise NotJson("a key that is no text")
        for inner in value.values():
            _check_keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_keys(inner)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    plain = isinstance(value, str | int | float) or value is None
    return value if plain else _without_nan(_text(value))
