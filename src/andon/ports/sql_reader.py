"""Port of the engine's own reading of SQL, which decides what is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Uses(Struct, frozen=True, kw_only=True):
    """Names in a query as the engine's own parser sees them.

    Attributes:
        tables: dotted names of all tables that are no CTEs in scope, as written.
        functions: names of all functions, operators among them, without schema.
    """

    tables: frozenset[str]
    functions: frozenset[str]


class SqlReader(Protocol):
    """Reads SQL without running it. Thread-safe; the same text always gives the same answer."""

    def parse_references(self, sql: str) -> Sequence[tuple[str, int, int]]:
        """Tables a query reads: (dotted name, start, end) offsets in characters.

        Raises:
            TaskFailed: (ENG002) it cannot be parsed.
        """
        ...

    def may_reach_out(self, sql: str) -> bool:
        """Whether a query could read or call what is not its own, by its tokens.

        False is certain, and says that it is one query; True asks for `parse_uses`. It costs little.
        """
        ...

    def parse_uses(self, sql: str) -> Uses | None:
        """What one select reads and calls; None if its tree is not told.

        Raises:
            TaskFailed: (ENG002) it cannot be parsed; (ENG010) it is not one select.
        """
        ...
