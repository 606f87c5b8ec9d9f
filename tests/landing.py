"""Landing as a run does it: batches recorded one by one, and the raw table built from the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from andon.acquisition.deliveries.choose import choose
from andon.catalog.records import Delivery, Snapshot
from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import TaskFailed
from andon.ports.origin import Batch, Origin
from andon.ports.source_reader import RawTable
from andon.reading.reader import RawReader
from andon.spec.source import SourceTable
from andon.stores.files import FileTableStore
from tests.factories import snapshot_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Catalogued:
    """A store with its engine, and the deliveries in force as the catalog would have them."""

    store: FileTableStore
    engine: DuckDBEngine
    known: list[Delivery] = field(default_factory=list)
    runs: int = 0

    def land(
        self, origin: Origin, table: SourceTable, *, most_batches: int | None = None
    ) -> list[Batch]:
        """Look and land in a new run; the batches that were recorded.

        Args:
            most_batches: batches after which the process would have died.
        """
        self.runs += 1
        arrivals = origin.look(table, self.known, None)
        batches = origin.land(table, arrivals, tuple(self.known), f"run{self.runs}", NOON)
        landed: list[Batch] = []
        try:
            for batch in batches:
                self._record(batch)
                landed.append(batch)
                if len(landed) == most_batches:
                    break
        finally:
            origin.close()
        return landed

    def build(self, table: SourceTable, prior: Snapshot | None = None) -> RawTable:
        """The raw table of all that was recorded."""
        self.runs += 1
        reader = RawReader(self.engine, self.store)
        stage = self.store.stage
        raw = reader.build(table, self.known, prior, lambda name: stage(f"build{self.runs}", name))
        if raw.over_limit is not None:
            raise TaskFailed(raw.over_limit)
        facts = dict(raw.facts)
        self.known = [replace(d, facts=facts.get(d.id, d.facts)) for d in self.known]
        return raw

    def rows(self, raw: RawTable, columns: str = "id, word") -> list[tuple[Any, ...]]:
        """Its rows in some columns, in order."""
        paths = [part.staged for part in raw.parts if part.role == "data"]
        paths += [self.store.path(file) for file in raw.kept if file.role == "data"]
        return self.engine.rows(
            f"select {columns} from {self.engine.scan(raw.schema, paths)} order by all"
        )

    def read(self, table: SourceTable, columns: str = "id, word") -> list[tuple[Any, ...]]:
        """Rows of the table as it would be built now."""
        return self.rows(self.build(table), columns)

    def keep(self, table: SourceTable, raw: RawTable) -> Snapshot:
        """Keep a raw table as a snapshot, as a run would."""
        files = [*raw.kept]
        for number, part in enumerate(raw.parts):
            name = f"{self.runs}-{number}"
            files.append(
                self.store.keep(
                    part.staged, asset=table.name, name=name, rows=part.rows, label=part.label
                )
            )
        made = snapshot_of(
            f"s{self.runs}", asset=table.name, schema=raw.schema, rows=raw.rows, files=tuple(files)
        )
        return replace(made, deliveries=tuple(load.id for load in choose(raw.deliveries)))

    def _record(self, batch: Batch) -> None:
        new = {delivery.path for delivery in batch.deliveries}
        kept: Sequence[Delivery] = () if batch.is_whole else self.known
        self.known = [*(d for d in kept if d.path not in new), *batch.deliveries]


@contextmanager
def catalogued(root: Path) -> Iterator[Catalogued]:
    """An empty store in a folder; closed at the end."""
    store = FileTableStore(root / ".andon")
    engine = DuckDBEngine(root / ".andon", threads=2)
    try:
        yield Catalogued(store=store, engine=engine)
    finally:
        engine.close()
        store.close()
