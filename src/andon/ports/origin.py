"""Port of an outside system that raw tables are acquired from; one adapter per kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import Delivery
from andon.errors import Problem
from andon.spec.source import SourceTable


class Batch(Struct, frozen=True, kw_only=True):
    """Deliveries that were kept durable together; the caller records them before it asks for more.

    Attributes:
        is_whole: whether they are all there is, so that what arrived before is superseded.
        left_out: a warning for what did not come though it is there; it is asked for again.
    """

    deliveries: tuple[Delivery, ...]
    is_whole: bool = False
    left_out: tuple[Problem, ...] = ()


class Origin(Protocol):
    """One kind of outside system.

    Errors: what will not mend itself raises `TaskFailed` (SRC...), what may raises `Unavailable`.
    No text of an error holds a secret or a value of a row.
    """

    def look(
        self, table: SourceTable, known: Sequence[Delivery], last_run: datetime | None
    ) -> Arrivals:
        """What there is to acquire; writes nothing, safe to repeat.

        Args:
            known: deliveries of the table in force.
            last_run: start of the newest run, to judge file times by.

        Returns:
            `Arrivals.is_open` where only reading tells.
        """
        ...

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Keep what arrives durable, batch by batch; the records are the caller's to commit.

        Reading goes on from `known`, and after a crash from what was recorded by then. Bytes are
        durable before a batch is yielded. Not to be called twice at once for one table: the caller
        holds the table's lock.

        Args:
            most_rows: rows, or a little more, after which reading may end: enough for a look.
        """
        ...

    def restore(self, table: SourceTable, load: Load) -> bool:
        """Land bytes anew that were lost or altered; returns whether the origin still holds them."""
        ...

    def close(self) -> None:
        """End what a run holds open, such as connections. Safe to repeat."""
        ...
