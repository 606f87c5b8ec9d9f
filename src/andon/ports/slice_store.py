"""Port of what the catalog keeps of incremental snapshots; it is written by its commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from andon.catalog.slices import Figure, Piece, Slice


class SliceStore(Protocol):
    """Reads intervals of snapshots and of files. Safe for many threads and processes at once."""

    def slices(self, snapshot_id: str) -> tuple[Slice, ...]:
        """Intervals of an incremental snapshot in order; nothing if it has none."""
        ...

    def figures(self, paths: Sequence[str], by: str) -> dict[str, tuple[Figure, ...]]:
        """What stored files hold of each interval, by path; files nobody looked at are left out."""
        ...

    def pieces(self, asset: str | None = None) -> Sequence[Piece]:
        """Finished parts of incremental snapshots that are still being built."""
        ...
