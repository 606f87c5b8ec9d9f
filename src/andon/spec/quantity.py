"""Quantities as people write them: durations, sizes, shares."""

from __future__ import annotations

import re

from andon.spec.check import Tolerance

_NUMBER_AND_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z%]+)\s*\Z")
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|per)\s*([A-Za-z]+)\s*\Z")

_SECONDS: dict[str, float] = {}
for _words, _value in (
    (("s", "sec", "second", "seconds"), 1.0),
    (("m", "min", "minute", "minutes"), 60.0),
    (("h", "hour", "hours"), 3600.0),
    (("d", "day", "days"), 86400.0),
    (("w", "week", "weeks"), 604800.0),
):
    for _word in _words:
        _SECONDS[_word] = _value

_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


def seconds_of(text: object) -> float:
    """Seconds of a duration such as ``2 days``, ``1h`` or ``1.5 min``; more than zero.

    >>> seconds_of("2 days"), seconds_of("1h")
    (172800.0, 3600.0)

    Raises:
        ValueError: with the reason in words.
    """
    found = _NUMBER_AND_UNIT.match(text) if isinstance(text, str) else None
    unit = _SECONDS.get(found[2].lower()) if found else None
    if found is None or unit is None or float(found[1]) <= 0:
        raise ValueError(f"`{text}` is not a duration such as `30 min`, `1h` or `2 days`")
    return float(found[1]) * unit


def lag_of(value: object) -> float:
    """Seconds of a duration; a number is units of a cursor that is one.

    >>> lag_of("5 minutes"), lag_of(1000)
    (300.0, 1000.0)

    Raises:
        ValueError: with the reason in words.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"`{value}` is less than nothing")
        return float(value)
    return seconds_of(value)


def bytes_of(text: object) -> int:
    """Bytes of a size such as ``512MB`` (decimal) or ``1GiB`` (binary); more than zero.

    >>> bytes_of("512MB"), bytes_of("1 KiB")
    (512000000, 1024)

    Raises:
        ValueError: with the reason in words.
    """
    found = _NUMBER_AND_UNIT.match(text) if isinstance(text, str) else None
    unit = _BYTES.get(found[2].lower()) if found else None
    if found is None or unit is None or int(float(found[1]) * unit) < 1:
        raise ValueError(f"`{text}` is not a size such as `512MB` or `2GiB`")
    return int(float(found[1]) * unit)


def rate_of(text: object) -> float:
    """Times per second of a rate such as ``10/s``, ``100 per min`` or ``5000/h``; more than zero.

    >>> rate_of("10/s"), rate_of("120 / min")
    (10.0, 2.0)

    Raises:
        ValueError: with the reason in words.
    """
    found = _RATE.match(text) if isinstance(text, str) else None
    unit = _SECONDS.get(found[2].lower()) if found else None
    if found is None or unit is None or float(found[1]) <= 0:
        raise ValueError(f"`{text}` is not a rate such as `10/s`, `100/min` or `5000/h`")
    return float(found[1]) / unit


def tolerance_of(value: object) -> Tolerance:
    """A number of rows (``3``) or a share of them (``0.1%``).

    >>> tolerance_of("0.5%").share, tolerance_of(3).rows
    (0.005, 3)

    Raises:
        ValueError: with the reason in words.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Tolerance(rows=value)
    found = _NUMBER_AND_UNIT.match(value) if isinstance(value, str) else None
    if found is None or found[2] != "%" or float(found[1]) > 100:
        raise ValueError(
            f"`{value}` is neither a number of rows such as `3` nor a share such as `0.1%`"
        )
    return Tolerance(share=float(found[1]) / 100)
