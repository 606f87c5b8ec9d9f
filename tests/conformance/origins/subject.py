"""What an origin is tested on: something outside that rows are put into, changed in and lost from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

from andon.ports.engine import Engine
from andon.ports.origin import Origin
from andon.ports.table_store import TableStore
from andon.spec.source import SourceTable

Row = tuple[int, str]
"""Every subject holds rows of a number and a word."""


class Subject(Protocol):
    """One kind of origin in one mode.

    Attributes:
        table: how it is declared.
        sees_changes: whether a changed row replaces the one before; else it is a further row.
        gives_back: whether landed bytes that were lost can be asked for again.
        secret: a text that no error may hold; empty if there is none.
    """

    table: SourceTable
    sees_changes: bool
    gives_back: bool
    secret: str

    def origin(self, store: TableStore, engine: Callable[[], Engine]) -> Origin:
        """A new adapter, as a new process would make one."""
        ...

    def put(self, rows: Sequence[Row]) -> None:
        """Add rows with new numbers."""
        ...

    def change(self, number: int, word: str) -> None:
        """Give the row of a number another word."""
        ...

    def lose(self) -> None:
        """Take what is read away: the file, the table, the server."""
        ...


Maker = Callable[[pytest.FixtureRequest, Path], Subject]
"""Makes a subject in a folder; servers are asked for as fixtures."""

Execute = Callable[[str], Any]
