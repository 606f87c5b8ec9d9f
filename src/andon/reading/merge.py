"""Merge: of landed rows the latest of each key, without those whose key is gone.

The table is a function of the set of deliveries: of every key the row that was landed last, or of
those with the greatest cursor where rows have an order of their own, unless the newest list of keys
was landed after it and does not hold the key. Where a former snapshot holds
the first of these deliveries, only its parts that hold a changed or gone key are written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from andon.acquisition.deliveries.choose import Load
from andon.acquisition.readings.layout import MOST_PARTS
from andon.catalog.records import DataFile, Snapshot
from andon.errors import InternalError, TaskFailed
from andon.hashing import value_hash
from andon.ports.engine import Engine
from andon.ports.source_reader import NewPart
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.order import Order
from andon.reading.quoting import files, identifier, literal
from andon.schema import Column, Schema
from andon.spec.source import SourceTable

T = TypeVar("T")

PART_BYTES = 64 << 20
"""Bytes of files that become one new part: a change of one key rewrites no more."""

_SHIFT = 1 << 40
"""More rows than one delivery and its repairs have: number of the delivery and of the row make one place."""

_RANK = 1 << 32
"""More rows than one delivery has."""

Select = Callable[[Sequence[Load], Sequence[Column]], str]
"""Query of all rows of loads in some columns, `_file` and `_row`."""


class Merged(Struct, frozen=True, kw_only=True):
    """A merged table: files that stay, and new ones."""

    kept: tuple[DataFile, ...]
    parts: tuple[NewPart, ...]

    @property
    def rows(self) -> int:
        """All rows of it."""
        return sum(file.rows for file in self.kept) + sum(part.rows for part in self.parts)


class Merging:
    """One build of one merged table.

    Args:
        table: what is declared; it has a key.
        schema: of the result.
        reading: hash of how its bytes become rows.
        order: by what rows are newer than others; None is by when they were landed.
        select: reads landed rows.
        stage: gives a new path to write to, by name.
    """

    def __init__(
        self,
        table: SourceTable,
        schema: Schema,
        reading: str,
        order: Order | None,
        engine: Engine,
        store: TableStore,
        select: Select,
        stage: Callable[[str], Path],
    ) -> None:
        self._table = table
        self._schema = schema
        self._engine = engine
        self._store = store
        self._select = select
        self._stage = stage
        self._order = order
        rule = [reading, list(table.key), *([order.value] if order else [])]
        self._mark = f"merged@{value_hash(rule)[:16]}"
        self._key = _key_columns(table, schema)
        self._names = [identifier(column.name) for column in self._key]
        self._staged = 0

    def build(
        self, loads: Sequence[Load], empty: Collection[str], prior: Snapshot | None
    ) -> Merged:
        """The table that all loads make, in order of their numbers.

        Args:
            empty: ids of loads that hold no rows.

        Raises:
            TaskFailed: (SRC048) a row has no key, or the key is no column of it.
        """
        rows = [load for load in loads if load.role == "rows" and load.id not in empty]
        lists = [load for load in loads if load.role == "keys"]
        there = lists[-1] if lists else None
        held = self._held(loads, prior)
        if prior is not None and held:
            new = [load for load in rows if load.id not in held]
            is_listed = there is not None and there.id not in held
            if not new and not is_listed:
                return Merged(kept=prior.data_files, parts=())
            merged = self._go_on(prior, rows, new, there, is_listed=is_listed)
            if merged is not None:
                return merged
        if not rows:
            return Merged(kept=(), parts=())
        winners, count = self._winners(rows, there)
        parts = self._write_loads(rows, winners)
        self._assert_rows(count, sum(part.rows for part in parts))
        return Merged(kept=(), parts=tuple(parts))

    def _held(self, loads: Sequence[Load], prior: Snapshot | None) -> frozenset[str]:
        """Loads that the former snapshot was made of, if it can be gone on from."""
        if any(load.rows for load in loads):
            return frozenset()
        if prior is None or prior.schema != self._schema or not prior.data_files:
            return frozenset()
        # Parts that a check moved rows out of have another label.
        is_whole = all(file.label == self._mark for file in prior.data_files)
        first = tuple(load.id for load in loads[: len(prior.deliveries)])
        is_stored = any(column.stored for column in self._told)
        if not is_whole or first != prior.deliveries or is_stored:
            return frozenset()
        return frozenset(first)

    def _go_on(
        self,
        prior: Snapshot,
        rows: Sequence[Load],
        new: Sequence[Load],
        there: Load | None,
        *,
        is_listed: bool,
    ) -> Merged | None:
        """Rewrite the parts of the former snapshot that hold changed or gone keys.

        None if a listed key is in no part but was landed once: it came back, and its row has to be
        looked for among all deliveries.
        """
        newest = there if is_listed else None
        stored = sorted(prior.data_files, key=lambda file: file.path)
        paths = [self._store.path(file) for file in stored]
        winners, count = self._winners(new, there, paths) if new else (None, 0)
        if newest is not None and self._is_back(newest, rows, new, paths, winners):
            return None
        is_gone = self._gone(winners, newest)
        removed = dict(
            self._engine.rows(
                f"select cast(file_index as bigint), count(*) from (select *, file_index from"
                f" {_parquet(paths)}) r where {is_gone} group by all"
            )
        )
        touched = [file for at, file in enumerate(stored) if removed.get(at)]
        kept = [file for at, file in enumerate(stored) if not removed.get(at)]
        touched += _too_many(kept, len(touched))
        kept = [file for file in kept if file not in touched]
        parts: list[NewPart] = []
        for group in _grouped(touched, lambda file: file.bytes):
            scan = self._engine.scan(self._schema, [self._store.path(file) for file in group])
            parts += self._write(f"select * from {scan} r where not ({is_gone})")
        survive = sum(file.rows for file in touched) - sum(removed.values())
        self._assert_rows(survive, sum(part.rows for part in parts))
        added = self._write_loads(new, winners) if winners is not None else []
        self._assert_rows(count, sum(part.rows for part in added))
        return Merged(kept=tuple(kept), parts=(*parts, *added))

    @property
    def _told(self) -> list[Column]:
        """Columns that tell which row is in force."""
        own = [self._order.column] if self._order else []
        return [*self._key, *(column for column in own if column not in self._key)]

    def _winners(
        self, rows: Sequence[Load], there: Load | None, stored: Sequence[Path] = ()
    ) -> tuple[Path, int]:
        """Stage key and place of the latest row of each key; returns how many are in force.

        `is_there` is false where the newest list of keys, landed later, does not hold the key.

        Args:
            stored: parts of the former snapshot; a row of them may be newer by its order.
        """
        listed = ", ".join(self._names)
        landed = self._placed(rows, self._told)
        nulls = " or ".join(f"{name} is null" for name in self._names)
        if self._engine.rows(f"select 1 from ({landed}) where {nulls} limit 1"):
            raise TaskFailed(complaints.key_is_null(self._table))
        is_there = "true"
        if there is not None:
            first = (there.number + 1) * _SHIFT
            is_there = f"(r.andon_place >= {first} or {self._among(self._list_of(there))})"
        latest = (
            self._newest(landed, self._order, stored)
            if self._order
            else (
                f"select {listed}, max(andon_place) as andon_place from ({landed}) group by {listed}"
            )
        )
        query = f"select r.*, {is_there} as is_there from ({latest}) r"
        staged = self._next("winners")
        self._engine.write(query, {}, self._engine.describe(query, {}), staged)
        count = self._engine.rows(f"select count(*) from {_parquet([staged])} where is_there")
        return staged, int(count[0][0])

    def _newest(self, landed: str, order: Order, stored: Sequence[Path]) -> str:
        """Query of key and place of the row of each key that is greatest by its order, then landed
        last, unless a stored row is greater."""
        listed = ", ".join(self._names)
        query = (
            f"select r.* exclude (andon_last), r.andon_last.place as andon_place from (select {listed},"
            f" max({{'by': {order.value}, 'place': andon_place}}) as andon_last from ({landed})"
            f" group by {listed}) r"
        )
        if not stored:
            return query
        scan = self._engine.scan(self._schema, stored)
        held = f"(select {listed}, {order.value} as andon_by from {scan})"
        return f"{query} where not {self._among(held, 'k.andon_by > r.andon_last.by')}"

    def _write_loads(self, rows: Sequence[Load], winners: Path) -> list[NewPart]:
        """Write the rows in force of loads, in parts of a bounded size."""
        columns = self._schema.columns[:-2]
        parts: list[NewPart] = []
        for group in _grouped(rows, lambda load: load.bytes):
            parts += self._write(
                f"select * exclude (andon_place) from ({self._placed(group, columns)}) where"
                f" andon_place in (select andon_place from {_parquet([winners])} where is_there)"
            )
        return parts

    def _placed(self, rows: Sequence[Load], columns: Sequence[Column]) -> str:
        """Rows of loads with their place in the order of all: number of the load, then of the row."""
        numbers = ", ".join(f"({literal(load.path)}, {_first_place(load)})" for load in rows)
        return (
            f"select r.*, n.andon_first + r._row as andon_place from ({self._select(rows, columns)}) r"
            f" join (values {numbers}) n(andon_path, andon_first) on r._file = n.andon_path"
        )

    def _list_of(self, there: Load) -> str:
        """All keys of a list, in the types of the table."""
        outputs = ", ".join(
            f"cast({identifier(c.name)} as {c.type}) as {identifier(c.name)}" for c in self._key
        )
        return f"(select {outputs} from {_parquet([self._store.raw(there.content)])})"

    def _among(self, keys: str, besides: str = "true") -> str:
        """Whether the key of a row `r` is one of some keys."""
        same = " and ".join(f"k.{name} = r.{name}" for name in self._names)
        return f"exists (select 1 from {keys} k where {same} and {besides})"

    def _gone(self, winners: Path | None, newest: Load | None) -> str:
        """Whether a stored row `r` is replaced or gone."""
        reasons = []
        if winners is not None:
            reasons.append(self._among(_parquet([winners])))
        if newest is not None:
            reasons.append(f"not {self._among(self._list_of(newest))}")
        return " or ".join(reasons)

    def _is_back(
        self,
        newest: Load,
        rows: Sequence[Load],
        new: Sequence[Load],
        paths: Sequence[Path],
        winners: Path | None,
    ) -> bool:
        """Whether a listed key was landed before, but is in force no more."""
        known = [_parquet(paths), *([_parquet([winners])] if winners else [])]
        missing = f"select * from {self._list_of(newest)} r where " + " and ".join(
            f"not {self._among(source)}" for source in known
        )
        if not self._engine.rows(f"select 1 from ({missing}) limit 1"):
            return False
        older = [load for load in rows if load not in new]
        landed = f"({self._select(older, self._key)})"
        return bool(
            self._engine.rows(f"select 1 from ({missing}) r where {self._among(landed)} limit 1")
        )

    def _write(self, query: str) -> list[NewPart]:
        """Stage the rows of a query as a part; nothing where there are none."""
        staged = self._next("part")
        written = self._engine.write(query, {}, self._schema, staged)
        if not written.rows:
            staged.unlink()
            return []
        return [NewPart(staged=staged, rows=written.rows, label=self._mark)]

    def _next(self, what: str) -> Path:
        self._staged += 1
        return self._stage(f"{self._table.name}-{what}-{self._staged}.parquet")

    def _assert_rows(self, counted: int, written: int) -> None:
        if counted != written:
            raise InternalError(complaints.rows_lost(self._table, counted, written))


def _first_place(load: Load) -> int:
    """Place before the first row of a load; a repair comes right after what it repairs."""
    return load.number * _SHIFT + load.rank * _RANK


def _key_columns(table: SourceTable, schema: Schema) -> list[Column]:
    columns = {column.name.casefold(): column for column in schema.columns}
    for name in table.key:
        if name.casefold() not in columns:
            raise TaskFailed(complaints.key_is_missing(table, name, schema.names))
    return [columns[name.casefold()] for name in table.key]


def _parquet(paths: Sequence[Path]) -> str:
    return f"read_parquet({files(paths)}, hive_partitioning = false)"


def _too_many(kept: Sequence[DataFile], others: int) -> list[DataFile]:
    """The smaller half of the parts where there are too many of them."""
    if len(kept) + others < MOST_PARTS:
        return []
    return sorted(kept, key=lambda file: (file.rows, file.path))[: len(kept) // 2]


def _grouped(items: Sequence[T], size_of: Callable[[T], int]) -> list[list[T]]:
    groups: list[list[T]] = []
    size = 0
    for item in items:
        if not groups or size + size_of(item) > PART_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(item)
        size += size_of(item)
    return groups
