"""Again: which of the rows that were read a second time are not landed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from andon.acquisition.columns.types import least_common
from andon.acquisition.cursors.cursor import CursorKind, decode, value_of
from andon.catalog.records import Delivery
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.reading.latest import cast, latest
from andon.reading.quoting import files, identifier, literal
from andon.sources.databases.complaints import origin_of
from andon.sources.databases.landing import land_file, open_writer
from andon.spec.source import SourceTable

if TYPE_CHECKING:
    import pyarrow as pa


class Again:
    """Compares rows read again with those landed before, whole, in the embedded engine."""

    def __init__(self, store: TableStore, engine: Callable[[], Engine], table: SourceTable) -> None:
        self._store = store
        self._engine = engine
        self._table = table

    def fresh(
        self,
        known: Sequence[Delivery],
        late: Iterator[pa.RecordBatch],
        since: str,
        kind: CursorKind,
        staged: Path,
    ) -> tuple[str, int] | None:
        """Land the rows among `late` that are not landed yet; None if there are none.

        Of appended rows each is counted: of five equal ones, of which three are landed, two are
        fresh. Of merged rows one is fresh unless it is the latest landed one of its key.

        Args:
            since: the least cursor value that was read again.
            staged: a path to write to.
        """
        if not self._collect(late, staged):
            return None
        try:
            query = self._query(known, since, kind, staged)
            engine = self._engine()
            target = staged.with_suffix(".fresh")
            written = engine.write(query, {}, engine.describe(query, {}), target)
        finally:
            staged.unlink()
        if not written.rows:
            target.unlink()
            return None
        return land_file(self._store, target)

    def _collect(self, late: Iterator[pa.RecordBatch], staged: Path) -> int:
        """Write the rows that were read again; how many there are."""
        writer, rows = None, 0
        for batch in late:
            if writer is None:
                writer = open_writer(staged, batch)
            if batch.num_rows:
                writer.write_batch(batch)
                rows += batch.num_rows
        if writer is not None:
            writer.close()
        if not rows:
            staged.unlink(missing_ok=True)
        return rows

    def _query(self, known: Sequence[Delivery], since: str, kind: CursorKind, staged: Path) -> str:
        landed = [
            delivery
            for delivery in known
            if delivery.role == "rows" and _reaches(delivery, since, kind)
        ]
        if self._table.is_merged and landed:
            first = min(delivery.number for delivery in landed)
            landed = [d for d in known if d.role == "rows" and d.number >= first]
        alike: dict[tuple[tuple[str, str], ...], list[Delivery]] = {}
        for delivery in landed:
            alike.setdefault(self._types(self._store.raw(delivery.content)), []).append(delivery)
        types = _common(self._types(staged), alike)
        if self._table.is_merged:
            return self._not_latest(known, list(alike.values()), types, staged)
        return self._not_counted(list(alike.values()), types, staged, since)

    def _not_counted(
        self,
        alike: Sequence[Sequence[Delivery]],
        types: Mapping[str, str],
        staged: Path,
        since: str,
    ) -> str:
        again = f"read_parquet({files([staged])}, hive_partitioning = false)"
        if not alike:
            return f"from {again}"
        cursor = origin_of(self._table).cursor
        outputs = ", ".join(cast(name, kind) for name, kind in types.items())
        bound = f"{identifier(cursor)} >= cast({literal(since)} as {types[cursor]})"
        old = " union all ".join(
            f"(select {outputs} from"
            f" read_parquet({files(self._store.raw(d.content) for d in some)},"
            f" hive_partitioning = false) where {bound})"
            for some in alike
        )
        listed = ", ".join(f"cast(new.{identifier(n)} as {kind})" for n, kind in types.items())
        return (
            f"with old as (select *, count(*) as andon_count from ({old}) group by all),"
            " new as (select *, row_number() over () as andon_row from"
            f" {again}),"
            f" counted as (select *, row_number() over (partition by {listed} order by andon_row)"
            " as andon_nth from new)"
            " select n.* exclude (andon_row, andon_nth) from counted n left join old o on"
            f" {_same(types)} where n.andon_nth > coalesce(o.andon_count, 0) order by n.andon_row"
        )

    def _not_latest(
        self,
        known: Sequence[Delivery],
        alike: Sequence[Sequence[Delivery]],
        types: Mapping[str, str],
        staged: Path,
    ) -> str:
        again = f"read_parquet({files([staged])}, hive_partitioning = false)"
        if not (alike and types.keys() >= set(self._table.key)):
            return f"from {again}"
        keys = [delivery for delivery in known if delivery.role == "keys"]
        newest = max(keys, key=lambda delivery: delivery.number, default=None)
        key = {name.casefold() for name in self._table.key}
        if newest is not None and not key <= self._columns(self._store.raw(newest.content)).keys():
            # A list of another key, that was declared before.
            newest = None
        current = latest(
            [[(d.number, str(self._store.raw(d.content))) for d in some] for some in alike],
            (newest.number, str(self._store.raw(newest.content))) if newest else None,
            self._table.key,
            types,
        )
        return (
            f"with old as ({current}), new as (select *, row_number() over () as andon_row from"
            f" {again}) select n.* exclude (andon_row) from new n where"
            f" not exists (select 1 from old o where {_same(types)}) order by n.andon_row"
        )

    def _columns(self, path: Path) -> dict[str, str]:
        """Names of a file's columns by their folded form."""
        return {name.casefold(): name for name, _ in self._types(path)}

    def _types(self, path: Path) -> tuple[tuple[str, str], ...]:
        query = f"from read_parquet({files([path])}, hive_partitioning = false)"
        schema = self._engine().describe(query, {})
        return tuple((column.name, column.type) for column in schema.columns)


def _common(
    new: Iterable[tuple[str, str]], landed: Iterable[Iterable[tuple[str, str]]]
) -> dict[str, str]:
    """Columns that all files have, each with a type in which values of every file compare."""
    others = [{name.casefold(): kind for name, kind in columns} for columns in landed]
    types: dict[str, str] = {}
    for name, kind in new:
        if all(name.casefold() in one for one in others):
            found = least_common({kind, *(one[name.casefold()] for one in others)})
            types[name] = "VARCHAR" if found == "JSON" else found
    return types


def _same(types: Mapping[str, str]) -> str:
    """Whether a row that was read again, `n`, is a landed one, `o`."""
    return " and ".join(
        f"o.{identifier(name)} is not distinct from cast(n.{identifier(name)} as {kind})"
        for name, kind in types.items()
    )


def _reaches(delivery: Delivery, since: str, kind: CursorKind) -> bool:
    """Whether a delivery may hold rows at or above a cursor value."""
    reached = decode(delivery.position)
    return reached is not None and value_of(kind, reached.value) >= value_of(kind, since)  # type: ignore[operator]
