"""Absent: rows of keys that a database lists and that no landed row stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from andon.acquisition.cursors.ask import Ask
from andon.acquisition.cursors.cursor import CursorKind, text_of
from andon.catalog.records import Delivery
from andon.ports.door import DoorClosed, Sight
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.reading.quoting import files, identifier
from andon.sources.databases.landing import Parcel, land_file
from andon.spec.source import SourceTable

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BY_KEY = 1_000
"""Keys up to which rows are asked for by key; of more, all rows are read."""

_AT_ONCE = 100
"""Keys in one question."""


class Absent:
    """Fetches the rows of keys that are in the database and not in the table."""

    def __init__(self, store: TableStore, engine: Callable[[], Engine], table: SourceTable) -> None:
        self._store = store
        self._engine = engine
        self._table = table
        self._names = [identifier(name) for name in table.key]

    def land(
        self, sight: Sight, ask: Ask, known: Sequence[Delivery], listed: Path, staged: Path
    ) -> tuple[str, int] | None:
        """Land the rows of absent keys; None if there are none.

        Args:
            ask: all rows of the table.
            known: what was landed before the list; every key of an earlier list has its row.
            listed: all keys that the database has in this state.
            staged: a path to write to.

        Raises:
            DoorClosed: (lost) a listed key has no row: what is seen is not one state.
        """
        keys, found = staged.with_suffix(".keys"), staged.with_suffix(".found")
        try:
            count = self._write(self._absent(known, listed), keys)
            if not count:
                return None
            fits = f"from {_parquet(found)} n semi join {_parquet(keys)} l on {self._same('n')}"
            for batches in self._ways(sight, ask, keys, count):
                self._collect(batches, found)
                if self._count(f"select distinct {self._listed('n')} {fits}") == count:
                    self._write(f"select n.* {fits}", staged)
                    return land_file(self._store, staged)
        finally:
            for path in (keys, found, staged):
                path.unlink(missing_ok=True)
        raise DoorClosed("lost", "rows changed while they were read")

    def _absent(self, known: Sequence[Delivery], listed: Path) -> str:
        """Query of the keys that are in no landed row, or were gone in the newest list before."""
        lists = [delivery for delivery in known if delivery.role == "keys"]
        last = max(lists, key=lambda delivery: delivery.number, default=None)
        since = last.number if last else 0
        held = [d for d in known if d.role == "rows" and d.number > since]
        alike: dict[tuple[str, ...], list[Path]] = {}
        for delivery in (*held, *([last] if last else [])):
            path = self._store.raw(delivery.content)
            alike.setdefault(self._types(path), []).append(path)
        own = self._types(listed)
        query = f"select distinct {self._listed('l')} from {_parquet(listed)} l"
        for at, (types, paths) in enumerate(alike.items()):
            # Under another key that was declared before, nothing is known.
            if len(types) == len(own):
                as_text = "" if types == own else "::varchar"
                query += f" anti join {_parquet(*paths)} h{at} on {self._same(f'h{at}', as_text)}"
        return query

    def _types(self, path: Path) -> tuple[str, ...]:
        """Types of the key's columns that are there."""
        schema = self._engine().describe(f"from {_parquet(path)}", {})
        there = {column.name.casefold(): column.type for column in schema.columns}
        names = [name.casefold() for name in self._table.key]
        return tuple(there[name] for name in names if name in there)

    def _ways(
        self, sight: Sight, ask: Ask, keys: Path, count: int
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """Rows by key, where the database compares them so; then all rows."""
        if count <= MOST_BY_KEY:
            kinds = {field.name: field.kind for field in sight.fields(ask)}
            key = tuple((name, kind) for name in self._table.key if (kind := kinds[name]))
            among = self._texts([kind for _, kind in key], keys)
            if among and len(key) == len(self._table.key):
                yield (
                    batch
                    for at in range(0, count, _AT_ONCE)
                    for batch in sight.batches(
                        replace(ask, key=key, among=among[at : at + _AT_ONCE])
                    )
                )
        yield sight.batches(ask)

    def _texts(self, kinds: Sequence[CursorKind], keys: Path) -> tuple[tuple[str, ...], ...]:
        """Keys as canonical texts; none where one of them has no such text."""
        rows: Sequence[Sequence[Any]] = self._engine().rows(f"from {_parquet(keys)}")
        try:
            return tuple(tuple(map(text_of, kinds, row)) for row in rows)
        except (OverflowError, ValueError):
            return ()

    def _collect(self, batches: Iterator[pa.RecordBatch], found: Path) -> None:
        parcel = Parcel(self._store, found)
        try:
            for batch in batches:
                parcel.write(batch)
            parcel.close()
        except BaseException:
            parcel.drop()
            raise

    def _write(self, query: str, path: Path) -> int:
        engine = self._engine()
        return engine.write(query, {}, engine.describe(query, {}), path).rows

    def _count(self, query: str) -> int:
        return int(self._engine().rows(f"select count(*) from ({query})")[0][0])

    def _listed(self, alias: str) -> str:
        return ", ".join(f"{alias}.{name}" for name in self._names)

    def _same(self, other: str, as_text: str = "") -> str:
        return " and ".join(
            f"l.{name}{as_text} is not distinct from {other}.{name}{as_text}"
            for name in self._names
        )


def _parquet(*paths: Path) -> str:
    return f"read_parquet({files(paths)}, union_by_name = true, hive_partitioning = false)"
