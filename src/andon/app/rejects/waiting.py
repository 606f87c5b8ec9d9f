"""Which snapshot holds the rejected rows of an asset that wait for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andon.acquisition.deliveries.choose import choose
from andon.app.preparing.forecast import in_force
from andon.app.showing.inspect import find_asset, tried_last
from andon.app.showing.read import served
from andon.catalog.records import Delivery, Snapshot
from andon.execution.line import Tools
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable


class Waiting:
    """Sight on rejected rows: those of what is served, and of raw tables that were held back for them.

    Attributes:
        deliveries: of each raw table those in force.
    """

    def __init__(self, tools: Tools, spec: ProjectSpec, environment: str) -> None:
        self._tools = tools
        self._served: Mapping[str, Snapshot] = served(tools, environment)
        self._tables = {str(table.name): table for table in spec.source_tables}
        self._spec = spec
        state = in_force(tools, spec, tools.catalog.state(environment))
        self.deliveries: Mapping[str, Sequence[Delivery]] = state.deliveries

    @property
    def tables(self) -> Mapping[str, SourceTable]:
        """Raw tables by name."""
        return self._tables

    @property
    def names(self) -> tuple[str, ...]:
        """Assets that may have rejected rows, in order."""
        return tuple(sorted({*self._served, *self._tables}))

    def snapshot(self, name: str) -> Snapshot | None:
        """The snapshot whose rejected rows wait.

        Of a raw table it is the newest one if that was rejected, as long as what it was read from is
        still what is in force: then nothing of it is served, and its rows are all there are.

        Raises:
            UsageError: (APP002) there is no such asset.
        """
        current = self._served.get(name)
        if current is None:
            find_asset(self._spec, name)
        newest = tried_last(self._tools, name) if name in self._tables else None
        if newest is None or newest.status != "rejected":
            return current
        read = tuple(load.id for load in choose(self.deliveries.get(name, ())))
        return newest if newest.deliveries == read else current
