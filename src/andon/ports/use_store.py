"""Port of what the catalog knows of reads; they are counted as pins end (`CatalogStore.pin`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from andon.catalog.use import Reads


class UseStore(Protocol):
    """Tells who read which table. Safe for many threads and processes at once."""

    def reads(self, since: date) -> Sequence[Reads]:
        """By table and reader, in order of both; counted are those since the beginning of a day, UTC."""
        ...

    def counting_since(self) -> datetime | None:
        """Since when reads are counted, what was read before is not known; None if always."""
        ...
