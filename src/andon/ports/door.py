"""Port of one kind of database that tables are read from."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from andon.acquisition.cursors.ask import Ask
from andon.acquisition.cursors.cursor import CursorKind

Reason = Literal[
    "no_driver", "refused", "unreachable", "lost", "no_relation", "no_column", "denied", "invalid",
    "value",
]  # fmt: skip
"""no_driver: its library is not installed, or not the right one; refused: user, password or database is wrong;
unreachable, lost: the server did not answer, or stopped to; no_relation, no_column: there is no such
thing; denied: the user may not read it; invalid: the database refuses the question; value: a value
cannot be kept in the type of its column."""


class DoorClosed(Exception):
    """A database did not give what it was asked for.

    Attributes:
        reason: see `Reason`; said: the database's own words, without values of rows.
        column: the column concerned; near: what there is instead, for a near name.
    """

    def __init__(
        self, reason: Reason, said: str, *, column: str = "", near: tuple[str, ...] = ()
    ) -> None:
        super().__init__(said)
        self.reason: Reason = reason
        self.said = said
        self.column = column
        self.near = near


class Field(Struct, frozen=True, kw_only=True):
    """A column of a table or query.

    Attributes:
        type: as the database names it.
        kind: what it is compared as where it is a cursor; None where it cannot be one.
        nullable: whether it may be null; None where the database does not tell.
    """

    name: str
    type: str
    kind: CursorKind | None = None
    nullable: bool | None = None


class Sight(Protocol):
    """One consistent state of a database, for as long as it is open. For one thread.

    Raises:
        DoorClosed: from every method.
    """

    def fields(self, ask: Ask) -> tuple[Field, ...]:
        """Columns of the table or query, in order."""
        ...

    def batches(self, ask: Ask) -> Generator[Any]:
        """Rows as `pyarrow.RecordBatch`, all of one schema that Parquet keeps without loss; at
        least one batch, even if it is empty. A further call ends the one before."""
        ...

    def close(self) -> None:
        """End it. Safe to repeat, whatever happened to the server."""
        ...


class Door(Protocol):
    """One kind of database."""

    def open(self, settings: Mapping[str, str]) -> Sight:
        """Connect, and hold what is committed now in sight: no later commit is ever seen.

        Raises:
            DoorClosed: no_driver, refused, unreachable.
        """
        ...

    def place(self, settings: Mapping[str, str]) -> str:
        """Host, user and database in words, never a secret."""
        ...
