"""What is pushed: it is kept when it comes, so a run finds it landed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import Delivery
from andon.errors import Problem
from andon.ports.origin import Batch
from andon.spec.source import SourceTable


class PushedDocuments:
    """Implements the port `Origin` where nothing is asked."""

    def look(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        last_run: datetime | None,  # noqa: ARG002  (nothing is looked at)
    ) -> Arrivals:
        """Nothing to acquire: what was pushed is known.

        Until something is, a table with declared columns is empty, and another one waits (SRC065).
        """
        has_columns = bool(table.columns or table.accepted.names)
        waits = () if known or has_columns else (_nothing_yet(table),)
        return Arrivals(table=table.name, waits=waits)

    def land(
        self,
        table: SourceTable,  # noqa: ARG002  (there is nothing to land)
        arrivals: Arrivals,  # noqa: ARG002
        known: Sequence[Delivery],  # noqa: ARG002
        run_id: str,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
        most_rows: int | None = None,  # noqa: ARG002
    ) -> Iterator[Batch]:
        """Nothing."""
        return iter(())

    def restore(self, table: SourceTable, load: Load) -> bool:  # noqa: ARG002
        """Nobody holds these bytes any more."""
        return False

    def close(self) -> None:
        """Nothing is held open."""


def _nothing_yet(table: SourceTable) -> Problem:
    return Problem(
        code="SRC065",
        what=f"nothing was pushed into `{table.name}` yet",
        why="a raw table without a single delivery has no columns, unless they are declared",
        fix=f"write documents to `andon source push {table.name}`, one a line, or declare `columns`: "
        "then the table is empty until they come",
        where=table.where,
    )
