"""The part of the public Python API that concerns where data comes from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from andon.app.wiring.session import Session

if TYPE_CHECKING:
    from andon.app.sourcing.contract import Contract
    from andon.app.sourcing.push import Kept
    from andon.app.sourcing.trial import Trial
    from andon.observe.usage import SourceReport


class Sources:
    """Sources of a project: try them, write into them, draft what they promise, see what use they are."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def test(self, *names: str) -> Iterator[Trial]:
        """Connect to sources, or to single tables of them, and read a few rows; nothing is kept.

        Args:
            names: of sources and tables; none means all there are. Each table is tried once.

        Raises:
            UsageError: (SRC060) there is neither a source nor a raw table of a name.
            Denied: (POL001) a rule refuses a table that was named; without names it is a trial that
                failed.
        """
        from andon.app.holding.permit import problems_of, refused, require
        from andon.app.sourcing.trial import tables_of, try_tables

        spec = self._session.spec
        wanted = {table.name for name in names for table in tables_of(spec, name)}
        tables = [table for table in spec.source_tables if table.name in wanted or not names]
        known = self._session.tools(spec)
        if names:
            require(known, spec, wanted)
        found = refused(known, spec, (table.name for table in tables))
        closed = dict(zip(found, problems_of(spec, found), strict=True))
        with (
            TemporaryDirectory(prefix="andon-") as folder,
            self._session.trial(spec, Path(folder)) as tools,
        ):
            yield from try_tables(tools, tables, closed)

    def contracts(
        self, name: str, *, write: bool = False, replace: bool = False
    ) -> tuple[Contract, ...]:
        """Draft the data contract of a table, or of every table of a source, from what is served.

        Args:
            name: of the source or table.
            write: put each into its file below ``contracts/``; replace: also over one that is there.

        Raises:
            UsageError: (SRC060) unknown name; (APP003) never published; (APP010) a file is there.
        """
        from andon.app.sourcing.contract import contracts

        spec = self._session.spec
        tools = self._session.tools(spec)
        return contracts(
            tools, spec, self._session.environment(spec), name, write=write, replace=replace
        )

    def push(
        self,
        name: str,
        descriptor: int,
        *,
        most_bytes: int = 8 << 20,
        longest_s: float = 5.0,
        stopping: threading.Event | None = None,
        tell: Callable[[Kept], None] | None = None,
    ) -> Kept:
        """Keep JSON documents, one a line, from an open file or pipe; see `andon source push`.

        Args:
            name: a table that is pushed into, or its source.
            descriptor: number of the open file; it is read to its end.
            most_bytes: size, and `longest_s` the age in seconds, at which a chunk is kept.
            tell: called with all that is safe by then, after each chunk.

        Raises:
            UsageError: (SRC060, SRC066) no such table.
        """
        from andon.app.sourcing.push import Push, pushable

        spec = self._session.spec
        push = Push(
            self._session.tools(spec),
            pushable(spec, name),
            most_bytes=most_bytes,
            longest_s=longest_s,
            stopping=stopping.is_set if stopping else lambda: False,
            tell=tell or (lambda _: None),
        )
        return push.read(descriptor)

    def use(self, *, unread: int | None = None, days: int | None = None) -> SourceReport:
        """Sources with what they cost and who has use of them.

        Args:
            unread: list those only that nobody is known to have read for so many days, neither
                their tables nor anything that is built from these.
            days: the period that reads, runs and seconds are told of; that of `unread`, or 30.
        """
        from andon.app.showing.source_use import source_report

        spec = self._session.spec
        tools, environment = self._session.tools(spec), self._session.environment(spec)
        return source_report(tools, spec, environment, unread=unread, days=days)
