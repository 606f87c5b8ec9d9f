"""What every family of formats does: measure files, and give queries of their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from andon.acquisition.columns.facts import Facts
from andon.acquisition.deliveries.choose import Load
from andon.schema import Column


class Files(Protocol):
    """Files of one family of formats, for one build."""

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts by id of the load; a file that cannot be read is refused in them."""
        ...

    def select(
        self, loads: Sequence[Load], facts: dict[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all good rows in the columns of the table, `_file` and `_row`; "" if none."""
        ...

    def in_place(
        self, loads: Sequence[Load], facts: dict[str, Facts], columns: Sequence[Column], /
    ) -> str:
        """The same query with marks for the paths of landed files; "" where they are copied."""
        ...

    def broken(
        self, loads: Sequence[Load], facts: dict[str, Facts], columns: Sequence[Column], /
    ) -> dict[str, Facts]:
        """Of loads whose rows could not be written, those that cannot be read, by id: refused, or
        without the records that cannot."""
        ...

    def set_aside(self, load: Load, facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Query of the malformed rows of a load, and the first of them in words."""
        ...


class Lazily:
    """The family of a table, chosen when the first files are known."""

    def __init__(self, choose: Callable[[Sequence[Load]], Files]) -> None:
        self._choose = choose
        self._chosen: Files | None = None

    def of(self, loads: Sequence[Load]) -> Files:
        """The family; of the first files asked for, and the same ever after."""
        if self._chosen is None:
            self._chosen = self._choose(loads)
        return self._chosen
