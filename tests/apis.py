"""A project that reads an API: landed, recorded as the catalog would, and read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from andon.acquisition.cursors.sequence import in_force
from andon.acquisition.deliveries.repeats import spans_of
from andon.catalog.records import Delivery
from andon.names import AssetName
from andon.sources.http.origin import HttpApi
from andon.sources.http.session import Pace
from andon.spec.origin import HttpOrigin
from andon.spec.source import SourceTable
from andon.stores.files import FileTableStore
from tests.sourcing import project

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def table(url: str, *, key: tuple[str, ...] = (), records: str = "", **given: Any) -> SourceTable:
    """A table of an API."""
    origin = HttpOrigin(url=url, **{"timeout_s": 2.0, "attempts": 3, **given})
    return SourceTable(
        name=AssetName("api.t"), source="api", origin=origin, key=key, records=records,
        format=None,
    )  # fmt: skip


@dataclass
class Reading:
    """One table, read again and again; the engine is started by whoever wants rows."""

    root: Path
    store: FileTableStore
    origin: HttpApi
    waits: list[float] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def land(self, declared: SourceTable, most: int | None = None) -> int:
        """Land and record; stops after some batches, as a kill would. Returns how many parts came."""
        known = in_force(declared, [d for d in self.deliveries if d.state == "landed"])
        arrivals = self.origin.look(declared, known, None)
        count = 0
        for at, batch in enumerate(self.origin.land(declared, arrivals, known, "run", NOON)):
            if batch.is_whole:
                self.deliveries = []
            paths = {one.path for one in batch.deliveries}
            self.deliveries = [d for d in self.deliveries if d.path not in paths]
            self.deliveries += batch.deliveries
            count += len(batch.deliveries)
            if most is not None and at + 1 >= most:
                break
        return count

    def bodies(self) -> list[bytes]:
        """Bytes of each part in force, in order."""
        parts = sorted(self.deliveries, key=lambda one: one.number)
        return [self.store.raw(one.content).read_bytes() for one in parts]

    def records(self, path: str = "") -> list[Any]:
        """Records at a path of the landed pages that are rows, without the reader's help."""
        found: list[Any] = []
        parts = sorted(self.deliveries, key=lambda one: one.number)
        for part, body in zip(parts, self.bodies(), strict=True):
            value = json.loads(body)
            for name in path.split(".") if path else ():
                value = value[name]
            spans = spans_of(part.repeats)
            found += [
                record
                for number, record in enumerate(value, start=1)
                if not any(low <= number <= high for low, high in spans)
            ]
        return found

    def rows(self, declared: SourceTable) -> list[dict[str, Any]]:
        """All rows as they are served, without the columns that are added."""
        with project(self.root) as made:
            made.deliveries = list(self.deliveries)
            raw = made.build(declared)
            names = [column.name for column in raw.schema.columns[:-2]]
            return [dict(zip(names, row, strict=False)) for row in made.rows(raw)]


@contextmanager
def reading(root: Path) -> Iterator[Reading]:
    """A reading in a folder; it notes how long it would wait, and waits a moment only."""
    waits: list[float] = []
    store = FileTableStore(root / ".andon")
    pace = Pace(sleep=waits.append, roll=lambda: 0.5, today=lambda: NOON)
    try:
        yield Reading(root, store, HttpApi(root, store, pace), waits)
    finally:
        store.close()
