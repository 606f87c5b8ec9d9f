"""Behind a cursor: rows that are new since the last reading, in order, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from andon.acquisition.cursors.ask import Ask
from andon.acquisition.cursors.cursor import (
    NO_LAG,
    CursorKind,
    Position,
    decode,
    encode,
    minus,
    text_of,
    value_of,
)
from andon.acquisition.cursors.sequence import next_number, part, position
from andon.catalog.records import Delivery
from andon.ports.door import DoorClosed, Field, Sight
from andon.ports.engine import Engine
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.sources.databases import complaints
from andon.sources.databases.absent import Absent
from andon.sources.databases.again import Again
from andon.sources.databases.chunks import chunks
from andon.sources.databases.landing import Parcel, ahead
from andon.sources.databases.sessions import Sessions
from andon.spec.source import SourceTable

if TYPE_CHECKING:
    import pyarrow as pa


class Behind:
    """One reading of one table behind its cursor."""

    def __init__(
        self,
        sessions: Sessions,
        store: TableStore,
        engine: Callable[[], Engine],
        table: SourceTable,
        run_id: str,
        now: datetime,
    ) -> None:
        self._sessions = sessions
        self._store = store
        self._again = Again(store, engine, table)
        self._absent = Absent(store, engine, table)
        self._table = table
        self._origin = complaints.origin_of(table)
        self._run_id = run_id
        self._now = now

    def land(self, ask: Ask, known: Sequence[Delivery], most_rows: int | None) -> Iterator[Batch]:
        """Land what is new; each chunk is a batch with its own position.

        Reading is inclusive and goes back by the lag: rows that were landed before are taken out by
        comparing them whole, so it does not matter between which rows a chunk ended.
        """
        with self._sessions.sight(self._table, self._run_id) as sight:
            cursor, kind = self._cursor(sight, ask)
            reached = self._reached(known, kind)
            self._refuse_turned(sight, ask, cursor, kind, reached)
            self._refuse_nulls(sight, ask, cursor)
            since = minus(kind, reached.value, self._origin.lag_s) if reached else None
            wanted = replace(
                ask,
                cursor=cursor.name,
                kind=kind,
                since=since,
                order=(cursor.name,),
                limit=most_rows,
            )
            landed = list(known)
            with closing(ahead(lambda: sight.batches(wanted))) as rows:
                for kept, at in self._parts(rows, known, cursor.name, kind, reached, since):
                    landed.append(self._part(ask, next_number(landed), kept, at))
                    yield Batch(deliveries=(landed[-1],))
            if self._origin.deletes and most_rows is None:
                yield from self._keys(sight, ask, landed)

    def _parts(
        self,
        rows: Iterator[pa.RecordBatch],
        known: Sequence[Delivery],
        cursor: str,
        kind: CursorKind,
        reached: Position | None,
        since: str | None,
    ) -> Iterator[tuple[tuple[str, int], Position | None]]:
        """Land what was read again and is fresh, then chunk by chunk what is new."""
        if reached is not None and since is not None:
            late, rows = self._split(rows, cursor, kind, reached.value)
            fresh = self._again.fresh(known, late, since, kind, self._stage("again"))
            if fresh is not None:
                yield fresh, reached
        for chunk in chunks(rows, self._origin.chunk_rows):
            newest = ""
            parcel = Parcel(self._store, self._stage("rows"))
            try:
                for batch in chunk:
                    parcel.write(batch)
                    newest = _last(batch, cursor, kind) or newest
                if parcel.rows == 0 and known:
                    parcel.drop()
                    continue
                kept = parcel.land()
            except BaseException:
                parcel.drop()
                raise
            yield kept, Position(column=cursor, kind=kind, value=newest) if newest else None

    def _keys(self, sight: Sight, ask: Ask, known: Sequence[Delivery]) -> Iterator[Batch]:
        """Land all keys there are, unless they are those of the last time and nothing came since.

        Before them the rows of keys that no landed row stands for: that were taken out and came
        back, or that came late. So whatever the newest list holds has its row.
        """
        key = self._table.key
        parcel = Parcel(self._store, self._stage("keys"))
        try:
            for batch in sight.batches(replace(ask, columns=key, order=key)):
                parcel.write(batch)
            kept = parcel.land()
        except BaseException:
            parcel.drop()
            raise
        newest = max(known, key=lambda delivery: delivery.number, default=None)
        if newest is not None and newest.role == "keys" and newest.content == kept[0]:
            return
        number = next_number(known)
        rows = self._absent.land(sight, ask, known, self._store.raw(kept[0]), self._stage("absent"))
        if rows is not None:
            yield Batch(deliveries=(self._part(ask, number, rows, None),))
            number += 1
        made = part(self._table, ask.name, number, kept, self._run_id, self._now, role="keys")
        yield Batch(deliveries=(made,))

    def _part(
        self, ask: Ask, number: int, kept: tuple[str, int], reached: Position | None
    ) -> Delivery:
        return part(
            self._table,
            ask.name,
            number,
            kept,
            self._run_id,
            self._now,
            position=encode(reached) if reached else "",
        )

    def _cursor(self, sight: Sight, ask: Ask) -> tuple[Field, CursorKind]:
        """The cursor as the database describes it, if it can be one."""
        fields = {field.name: field for field in sight.fields(ask)}
        for name in (self._origin.cursor, *self._table.key):
            if name not in fields:
                raise DoorClosed("no_column", "", column=name, near=tuple(fields))
        cursor = fields[self._origin.cursor]
        refuse = complaints.cursor_unusable
        if cursor.kind is None:
            raise refuse(
                self._table, cursor, f"it is of type {cursor.type}",
                complaints.typing_of(self._table, cursor),
            )  # fmt: skip
        if cursor.nullable and self._origin.lag_s is None:
            raise refuse(
                self._table, cursor, "it may be null", complaints.filling_of(self._table, cursor)
            )
        if self._origin.lag_s is not None and cursor.kind in NO_LAG:
            raise refuse(
                self._table, cursor, f"nothing can be subtracted from type {cursor.type}",
                "take `lag` out, or use a timestamp or a number",
            )  # fmt: skip
        return cursor, cursor.kind

    def _reached(self, known: Sequence[Delivery], kind: CursorKind) -> Position | None:
        reached = decode(position(known))
        if reached is not None and reached.kind != kind:
            raise complaints.cursor_turned(
                self._table, reached.column, f"was a {reached.kind} and is a {kind} now"
            )
        return reached

    def _refuse_turned(
        self, sight: Sight, ask: Ask, cursor: Field, kind: CursorKind, reached: Position | None
    ) -> None:
        """Refuse a table whose newest value is older than what was read of it."""
        if reached is None or self._origin.deletes:
            return
        asked = replace(
            ask, columns=(cursor.name,), cursor=cursor.name, kind=kind, only="values",
            order=(cursor.name,), is_down=True, limit=1,
        )  # fmt: skip
        newest = ""
        for batch in sight.batches(asked):
            newest = _last(batch, cursor.name, kind) or newest
        least = value_of(kind, minus(kind, reached.value, self._origin.lag_s))
        if not newest or value_of(kind, newest) < least:  # type: ignore[operator]
            found = f"ends at {newest}" if newest else "has no rows"
            raise complaints.cursor_turned(
                self._table, cursor.name, f"{found}, and was read up to {reached.value}"
            )

    def _refuse_nulls(self, sight: Sight, ask: Ask, cursor: Field) -> None:
        """Refuse rows that no reading behind the cursor would ever see."""
        if cursor.nullable is False:
            return
        asked = replace(ask, columns=(cursor.name,), cursor=cursor.name, only="nulls", limit=1)
        if sum(batch.num_rows for batch in sight.batches(asked)):
            raise complaints.cursor_unusable(
                self._table, cursor, "rows of the table have no value in it",
                f"fill it, or read them apart with a `query` that ends in `where {cursor.name} is not"
                " null`",
            )  # fmt: skip

    def _split(
        self, rows: Iterator[pa.RecordBatch], cursor: str, kind: CursorKind, value: str
    ) -> tuple[Iterator[pa.RecordBatch], Iterator[pa.RecordBatch]]:
        """Rows up to a value, and those after it; the first have to be read to their end first."""
        rest: list[pa.RecordBatch] = []

        def late() -> Iterator[pa.RecordBatch]:
            for batch in rows:
                count = _up_to(batch, cursor, kind, value)
                yield batch.slice(0, count)
                if count < batch.num_rows:
                    rest.append(batch.slice(count))
                    return

        def after() -> Iterator[pa.RecordBatch]:
            yield from rest
            yield from rows

        return late(), after()

    def _stage(self, what: str) -> Path:
        return self._store.stage(self._run_id, f"{self._table.name}-{what}.parquet")


def _last(batch: pa.RecordBatch, cursor: str, kind: CursorKind) -> str:
    """Value of the cursor in the last row."""
    if not batch.num_rows:
        return ""
    try:
        return text_of(kind, batch.column(cursor)[-1].as_py())
    except (OverflowError, ValueError):
        raise DoorClosed("value", "no cursor goes beyond the year 9999", column=cursor) from None


def _up_to(batch: pa.RecordBatch, cursor: str, kind: CursorKind, value: str) -> int:
    """Rows of an ordered batch whose cursor is no more than a value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column(cursor)
    if kind == "uuid":
        from uuid import UUID

        return int(pc.sum(pc.less_equal(column.storage, UUID(value).bytes)).as_py() or 0)
    bound = pa.scalar(value_of(kind, value), column.type)
    return int(pc.sum(pc.less_equal(column, bound)).as_py() or 0)
