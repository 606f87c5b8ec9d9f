"""Port of what was worked out once and need not be worked out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from msgspec import Raw

T = TypeVar("T")


class Memory(Protocol):
    """Remembers results by what they are about. It may have forgotten anything at any time."""

    def find(self, key: str, decode: Callable[[Raw], T]) -> T | None:
        """What was kept last; None where that is nothing, or cannot be decoded."""
        ...

    def keep(self, key: str, data: bytes) -> None:
        """Keep a result, in MessagePack, in place of the one before. Safe to repeat."""
        ...
