"""Selection: what the user named, apart from the code that finds out what it stands for."""

from __future__ import annotations

from msgspec import Struct


class Selection(Struct, frozen=True, kw_only=True):
    """What the user named, in the selector language; None means everything."""

    select: str | None = None
    exclude: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out by name."""
        return not self.select and not self.exclude


EVERYTHING = Selection()
