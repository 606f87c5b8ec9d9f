"""Tables in memory that hold the rows of one query for a while, each used again and again."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

from andon.schema import Schema

SCHEMA = "andon_held"
"""Schema of these tables, which no query of a user can name: it would be an unknown asset."""

MANY_ROWS = 100_000
"""Rows beyond which a table is dropped when it is given back, and not only replaced later."""

_RENAMED = re.compile(r"(.+)_\d+\Z", re.DOTALL)


class Places:
    """Names of the tables: as many as there are rows held at once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[str] = []
        self._made = 0

    def take(self) -> str:
        """A name that nobody else has until it is given back."""
        with self._lock:
            if self._free:
                return self._free.pop()
            self._made += 1
            return f"{SCHEMA}.rows_{self._made}"

    def give_back(self, place: str) -> None:
        """Let others have the name; the table of that name is replaced then."""
        with self._lock:
            self._free.append(place)


def is_collated(texts: Iterable[str]) -> bool:
    """Whether a text may give a column a collation: a table would keep it, a file does not."""
    return any("collate" in text.lower() for text in texts)


def may_be_renamed(schema: Schema) -> bool:
    """Whether the engine may have renamed a column because another one has the same name.

    It does so for tables (`a`, `a_1`), where a query keeps both.
    """
    names = {column.name.casefold() for column in schema.columns}
    return any((found := _RENAMED.match(name)) is not None and found[1] in names for name in names)
