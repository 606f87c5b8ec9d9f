"""Numbers, times and words as people read them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

_SHORT = ((1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"))
_BYTES = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


def number(value: int) -> str:
    """A whole number with separators.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,}"


def short_number(value: int) -> str:
    """A number in at most seven characters: exact below 100,000, two or three digits above.

    >>> [short_number(n) for n in (0, 12_345, 99_999, 100_000, 999_999, 1_234_567, 12_345_678)]
    ['0', '12,345', '99,999', '100 k', '1.0 M', '1.2 M', '12 M']
    """
    if abs(value) < 100_000:
        return number(value)
    if abs(value) < 999_500:
        return f"{value / 1000:.0f} k"
    for size, unit in _SHORT:
        if abs(value) >= size * 0.9995:
            scaled = value / size
            return f"{scaled:.1f} {unit}" if abs(scaled) < 9.95 else f"{scaled:,.0f} {unit}"
    raise AssertionError(value)


def rows(count: int) -> str:
    """A number of rows.

    >>> rows(1), rows(1_234_567)
    ('1 row', '1.2 M rows')
    """
    return f"{short_number(count)} {'row' if count == 1 else 'rows'}"


def change(before: int | None, after: int) -> str:
    """The change in percent with sign, or nothing if there is nothing to compare with.

    >>> change(1000, 1004), change(1000, 1000), change(None, 5), change(0, 5), change(1000, 990)
    ('+0.4 %', '', '', 'from 0', '-1.0 %')
    """
    if before is None or before == after:
        return ""
    if before == 0:
        return "from 0"
    share = (after - before) / before * 100
    if abs(share) < 0.05:
        return f"{after - before:+,}"
    return f"{share:+,.1f} %" if abs(share) < 1000 else f"x {after / before:,.0f}"


def duration(seconds: float) -> str:
    """A duration.

    >>> [duration(s) for s in (0.004, 0.25, 3.24, 59.96, 75, 3_700, 90_000)]
    ['4 ms', '0.2 s', '3.2 s', '1 min 0 s', '1 min 15 s', '1 h 1 min', '25 h 0 min']
    """
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int) -> str:
    """A number of bytes, in powers of 1,024.

    >>> [size(n) for n in (1, 999, 2048, 5_000_000, 3 << 30)]
    ['1 byte', '999 bytes', '2.0 KB', '4.8 MB', '3.0 GB']
    """
    for step, unit in _BYTES:
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} {'byte' if count == 1 else 'bytes'}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "asset"), plural(2, "asset"), plural(2, "delivery", "deliveries")
    ('1 asset', '2 assets', '2 deliveries')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def stamp(at: datetime) -> str:
    """A time in UTC, ISO 8601, to the second.

    >>> stamp(datetime(2026, 3, 1, 12, 30, 5, 123456, tzinfo=UTC))
    '2026-03-01T12:30:05Z'
    """
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def iso(value: datetime | date | time) -> str:
    """A value of data as ISO 8601 at full precision; a time with a zone is given in UTC.

    >>> iso(datetime(2026, 3, 1, 12, 30)), iso(datetime(2026, 3, 1, tzinfo=UTC))
    ('2026-03-01T12:30:00', '2026-03-01T00:00:00Z')
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return value.isoformat()


def cell(value: object) -> str:
    r"""A value of data as one line of text; nothing in it can steer a terminal.

    >>> cell(None), cell(True), cell(1.5), cell("a\nb"), cell(b"\x01")
    ('null', 'true', '1.5', 'a\\nb', '\\x01')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime() | date() | time():
            return iso(value)
        case timedelta():
            return str(value)
        case bytes():
            return "".join(f"\\x{byte:02x}" for byte in value)
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    r"""`text` with control characters written as escapes.

    >>> printable("a\x1b[31m\tb")
    'a\\x1b[31m\\tb'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def width(text: str) -> int:
    r"""Columns a text takes on a terminal: wide East Asian characters two, combining ones none.

    >>> width("abc"), width("日本"), width("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def cut(text: str, columns: int) -> str:
    """`text` in at most `columns` columns, with an ellipsis where it was cut.

    >>> cut("abcdef", 4), cut("abc", 3)
    ('abc…', 'abc')
    """
    if width(text) <= columns:
        return text
    kept, used = [], 0
    for character in text:
        used += width(character)
        if used > columns - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence; a long list ends with how many more there are.

    >>> listed(["a", "b"]), listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {number(len(names) - most)} more"
