"""What a clock is; the real one lives with the effects."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Clock(Protocol):
    """Tells the time. Passed as an argument, never asked globally."""

    def now(self) -> datetime:
        """Current time, with time zone UTC."""
        ...


class FixedClock(Struct, frozen=True):
    """A clock that stands still, for tests and replays."""

    at: datetime

    def now(self) -> datetime:
        return self.at
