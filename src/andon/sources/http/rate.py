"""Token bucket: when the next request may be sent."""

from __future__ import annotations


class Bucket:
    """A bucket of one token that fills at a rate: requests are never closer than 1/rate seconds.

    A larger bucket would allow a burst of more requests within a second than were declared.

    Args:
        rate: most requests per second, None is without a limit.
    """

    def __init__(self, rate: float | None) -> None:
        self._gap_s = 0.0 if rate is None else 1.0 / rate
        self._free_at: float | None = None

    def take(self, now_s: float) -> float:
        """Take the next token; returns the seconds to wait for it.

        >>> bucket = Bucket(2.0)
        >>> bucket.take(10.0), bucket.take(10.0), bucket.take(10.2), bucket.take(99.0)
        (0.0, 0.5, 0.8, 0.0)
        """
        at = now_s if self._free_at is None else max(now_s, self._free_at)
        self._free_at = at + self._gap_s
        return round(at - now_s, 9)
