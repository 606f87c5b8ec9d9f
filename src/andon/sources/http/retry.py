"""Which failures of a request are tried again, and how long to wait before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be another one a moment later; every other one stays what it is."""

LONGEST_S: Final = 120.0
"""A server that asks for more patience than this is left until the next run."""

_CEILING_S: Final = 30.0


def wait_s(failures: int, base_s: float, roll: float, asked_s: float | None = None) -> float:
    """Seconds to wait after a number of failures, at least 1: exponential with full jitter.

    Full jitter spreads the clients of a server that comes back: "Exponential Backoff And Jitter",
    AWS Architecture Blog, 2015.

    Args:
        base_s: longest wait after the first failure; it doubles with each, up to 30 s.
        roll: random number from 0 to 1.
        asked_s: what the server asked for; the wait is never shorter.

    >>> wait_s(3, 0.5, 1.0), wait_s(1, 0.5, 0.5, asked_s=7)
    (2.0, 7.25)
    """
    own_s = roll * min(_CEILING_S, base_s * 2.0 ** min(failures - 1, 30))
    return own_s if asked_s is None else asked_s + own_s


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, a number or a date; None if it is neither.

    >>> retry_after_s("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after_s("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    from email.utils import parsedate_to_datetime

    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
