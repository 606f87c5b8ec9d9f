"""Tables of databases as an origin: whole, or what is new behind a cursor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from andon.acquisition.cursors.ask import Ask, names_of
from andon.acquisition.cursors.cursor import decode
from andon.acquisition.cursors.sequence import part, position, with_known
from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import Delivery
from andon.errors import Unavailable
from andon.ports.engine import Engine
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.sources.databases.behind import Behind
from andon.sources.databases.chunks import chunks
from andon.sources.databases.complaints import origin_of
from andon.sources.databases.landing import Parcel, ahead
from andon.sources.databases.sessions import Doors, Sessions
from andon.spec.source import SourceTable

WAITS_S = (0.5, 2.0, 5.0)
"""Seconds before a database that was lost is asked again."""

_TEXTS = frozenset({"varchar", "text", "string"})


class DatabaseTables:
    """Implements the port `Origin` for every kind of database.

    Args:
        root: folder of the project; declared paths are relative to it.
        store: keeps the rows.
        engine: compares rows that were read again with those landed before.
        doors: makes the door of each kind of database.
        waits_s: see `WAITS_S`.
    """

    def __init__(
        self,
        root: Path,
        store: TableStore,
        engine: Callable[[], Engine],
        doors: Doors,
        waits_s: Sequence[float] = WAITS_S,
    ) -> None:
        self._root = root
        self._store = store
        self._engine = engine
        self._doors = doors
        self._waits_s = waits_s
        self._sessions = Sessions(root, doors)

    def look(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        last_run: datetime | None,  # noqa: ARG002  (no time of a run tells what a database holds)
    ) -> Arrivals:
        """What would be asked for; the database is not asked. See the port."""
        origin = origin_of(table)
        what = origin.relation or "the query"
        reached = decode(position(known))
        if origin.mode == "full":
            asks = f"all rows of {what}"
        elif reached is None:
            asks = f"rows of {what} by {origin.cursor}"
        else:
            asks = f"rows of {what} from {origin.cursor} {reached.value}"
        return Arrivals(table=table.name, is_open=True, asks=asks)

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,  # noqa: ARG002  (a database is asked, not looked at)
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Read rows and keep them; see the port.

        Tables of one connection and run see one state of the database. When it is lost, a whole
        table begins anew in a new state; behind a cursor reading goes on from what was recorded.

        Raises:
            TaskFailed: (SRC040) no driver; (SRC041) not let in; (SRC043) no such table or column;
                (SRC044) refused; (SRC045, SRC046) the cursor; (SRC047) a value; (SRC048) the key.
            Unavailable: (SRC042) it cannot be reached, or was lost again and again.
        """
        so_far = list(known)
        for wait_s in (*self._waits_s, None):
            try:
                for batch in self._land(table, so_far, run_id, now, most_rows):
                    so_far.extend(batch.deliveries)
                    yield batch
            except Unavailable:
                if wait_s is None:
                    raise
                time.sleep(wait_s)
            else:
                return

    def restore(self, table: SourceTable, load: Load) -> bool:
        """Land the bytes anew where a whole table still gives them; of a cursor's, nobody can tell."""
        origin = origin_of(table)
        if origin.mode != "full":
            return False
        kept = self._store.raw(load.content)
        kept.unlink(missing_ok=True)
        sessions = Sessions(self._root, self._doors)
        try:
            for _ in self._whole(sessions, table, "restore", None):
                if kept.exists():
                    return True
        finally:
            sessions.close()
        return False

    def close(self) -> None:
        """End what a run holds open; see the port."""
        self._sessions.close()

    def _land(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None,
    ) -> Iterator[Batch]:
        if origin_of(table).mode != "full":
            behind = Behind(self._sessions, self._store, self._engine, table, run_id, now)
            yield from behind.land(ask_of(table), known, most_rows)
            return
        kept = tuple(self._whole(self._sessions, table, run_id, most_rows))
        before = sorted(known, key=lambda delivery: delivery.number)
        if [content for content, _ in kept] == [delivery.content for delivery in before]:
            return
        name = ask_of(table).name
        parts = (part(table, name, at, one, run_id, now) for at, one in enumerate(kept, start=1))
        yield Batch(deliveries=with_known(parts, known), is_whole=True)

    def _whole(
        self, sessions: Sessions, table: SourceTable, run_id: str, most_rows: int | None
    ) -> Iterator[tuple[str, int]]:
        """Land all rows in chunks, all of one state."""
        ask = ask_of(table, most_rows)
        with (
            sessions.sight(table, run_id) as sight,
            closing(ahead(lambda: sight.batches(ask))) as rows,
        ):
            for chunk in chunks(rows, origin_of(table).chunk_rows):
                parcel = Parcel(self._store, self._store.stage(run_id, f"{table.name}.parquet"))
                try:
                    for batch in chunk:
                        parcel.write(batch)
                    kept = parcel.land()
                except BaseException:
                    parcel.drop()
                    raise
                yield kept


def ask_of(table: SourceTable, limit: int | None = None) -> Ask:
    """All rows of a table, as its declaration wants them."""
    origin = origin_of(table)
    return Ask(
        relation=names_of(origin.relation) if origin.relation else (),
        query=origin.query,
        texts=frozenset(
            name.lower() for name, kind in table.columns if kind.strip().lower() in _TEXTS
        ),
        limit=limit,
    )
