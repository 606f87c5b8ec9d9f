"""The real clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tells the time of this machine, in UTC. It may jump; the catalog's recorded time may not."""

    def now(self) -> datetime:
        """Current time, with time zone UTC."""
        return datetime.now(UTC)
