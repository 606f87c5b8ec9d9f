"""What each source costs, and who has use of it: its own tables, and what is built from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from andon.app.preparing.prepare import graph_of
from andon.catalog.records import Delivery, Snapshot, State
from andon.catalog.use import Reads
from andon.events import Event, OriginAsked, TaskFinished
from andon.execution.line import Tools
from andon.execution.recording.reuse import RENAMED_FROM
from andon.graph.order import Graph
from andon.observe.cost import Work, bytes_of, together, work_by_table
from andon.observe.usage import SourceReport, SourceUsage, Usage
from andon.observe.use import by_table, idle_for, use_of
from andon.spec.origin import kind_of
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceSpec

USUAL_DAYS = 30
"""Days that use and work are told of if nobody says otherwise."""

_PAGE = 10_000


def source_report(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    *,
    unread: int | None = None,
    days: int | None = None,
) -> SourceReport:
    """Cost and use of every source.

    Args:
        unread: list those only that nobody read for so many days.
        days: the period told of; that of `unread` or the usual one if None.
    """
    period = days or unread or USUAL_DAYS
    books = Books(tools, spec, environment, period)
    found = tuple(books.of_source(source) for source in spec.sources)
    if unread is not None:
        found = tuple(one for one in found if one.whole.is_unread_for(unread))
    names = [name for one in found for name, _ in one.tables]
    return SourceReport(
        days=period,
        unread=unread,
        counting_since=books.counting_since,
        sources=found,
        kept=bytes_of(books.deliveries_of(names), (), ()).kept,
        is_too_early=unread is not None
        and books.counting_since is not None
        and books.counting_since > tools.clock.now() - timedelta(days=unread),
    )


def table_usage(tools: Tools, spec: ProjectSpec, environment: str, table: str) -> Usage:
    """Cost and use of one raw table, of the usual period."""
    return Books(tools, spec, environment, USUAL_DAYS, table).of_tables((table,))


class Books:
    """Everything that the catalog knows of cost and use, read once.

    Args:
        table: the only table that is asked for; None if all may be.
    """

    def __init__(
        self,
        tools: Tools,
        spec: ProjectSpec,
        environment: str,
        days: int,
        table: str | None = None,
    ) -> None:
        self._now = tools.clock.now()
        self._days = days
        since = self._now - timedelta(days=days)
        self._graph = graph_of(spec)
        self._state = tools.catalog.state(environment)
        self._deliveries: dict[str, list[Delivery]] = {}
        for one in tools.catalog.deliveries(table):
            self._deliveries.setdefault(one.table, []).append(one)
        self._work = work_by_table(_events(tools, since))
        self._reads = _reads(tools, self._graph, since)
        self.counting_since = tools.uses.counting_since()

    def of_source(self, source: SourceSpec) -> SourceUsage:
        """Of a source."""
        names = tuple(str(table.name) for table in source.tables)
        return SourceUsage(
            source=source.name,
            kind=", ".join(sorted({kind_of(table.origin) for table in source.tables})),
            system=source.system or source.name,
            owner=source.owner,
            whole=self.of_tables(names),
            tables=tuple((name, self.of_tables((name,))) for name in names),
        )

    def of_tables(self, names: Sequence[str]) -> Usage:
        """Of raw tables together."""
        deliveries = self.deliveries_of(names)
        arrivals = [one.arrived_at for one in deliveries]
        first = min(arrivals, default=None)
        readers = self._graph.downstream(names, 1) - frozenset(names)
        built_on = self._graph.sorted(readers)
        use = use_of(self._graph.downstream(names), self._reads)
        return Usage(
            days=self._days,
            deliveries=len(deliveries),
            first_arrival=first,
            last_arrival=max(arrivals, default=None),
            bytes=bytes_of(deliveries, _served(self._state, names), _served(self._state, built_on)),
            work=self._work_on(names),
            work_on=self._work_on(built_on),
            built_on=built_on,
            use=use,
            idle=idle_for(use, first, self.counting_since, self._now),
        )

    def deliveries_of(self, names: Iterable[str]) -> list[Delivery]:
        """All that ever arrived for raw tables."""
        return [one for name in names for one in self._deliveries.get(name, ())]

    def _work_on(self, names: Iterable[str]) -> Work:
        return together(self._work.get(name, Work()) for name in names)


def _served(state: State, names: Iterable[str]) -> Iterator[Snapshot]:
    pointers = (state.pointers.get(name) for name in names)
    return (state.snapshots[one.snapshot_id] for one in pointers if one is not None)


def _events(tools: Tools, since: datetime) -> Iterator[Event]:
    """What the log tells of work since a moment."""
    kinds, after = (OriginAsked.__name__, TaskFinished.__name__), 0
    while page := tools.catalog.events(after, _PAGE, kinds, since):
        after = page[-1][0]
        yield from (event for _, _, event in page)


def _reads(tools: Tools, graph: Graph, since: datetime) -> Mapping[str, Sequence[Reads]]:
    """Reads by the names of today; former names are looked up only where somebody read one."""
    reads = tools.uses.reads(since.date())
    renamed: dict[str, str] = {}
    if any(one.asset not in graph for one in reads):
        for snapshot in tools.catalog.snapshots():
            former = dict(snapshot.facts).get(RENAMED_FROM)
            if former is not None and former not in graph:
                renamed.setdefault(former, snapshot.asset)
    return by_table(reads, renamed)
