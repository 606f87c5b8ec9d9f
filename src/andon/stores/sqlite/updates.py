"""Applying updates inside an open write transaction. Nothing here commits."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from andon.catalog.commit import (
    AddAudit,
    AddDeliveries,
    AddPiece,
    AddSnapshot,
    DropPieces,
    Emit,
    Forget,
    Publish,
    PutFigures,
    PutRun,
    PutSlices,
    RecordKey,
    RecordUpdate,
    Release,
    SetDeliveryState,
    SetStatus,
    Update,
    Withdraw,
)
from andon.catalog.records import Delivery, Publication, Snapshot
from andon.errors import RequirementFailed
from andon.stores.sqlite import failures, slices
from andon.stores.sqlite.encoding import encode, to_us
from andon.stores.sqlite.usable import unusable_snapshots

# A key whose snapshot gc has claimed may move on; any other keeps its first snapshot, since
# somebody may already read or publish that one.
_PUT_KEY = """
    insert into build_keys (asset, build_key, split, snapshot_id) values (?, ?, ?, ?)
    on conflict do update set snapshot_id = excluded.snapshot_id
    where (select status from snapshots where id = build_keys.snapshot_id) = 'marked'
"""

# Without a version that was set aside, the one before it at the same path is the newest again.
_RESTORE_EARLIER = """
    update deliveries set state = 'landed' where seq = (
        select max(earlier.seq) from deliveries earlier
        join deliveries aside on aside.id = ? and earlier.source_table = aside.source_table
            and earlier.path = aside.path and earlier.seq < aside.seq
        where earlier.state = 'superseded'
    ) and not exists (
        select 1 from deliveries later join deliveries aside
            on aside.id = ? and later.source_table = aside.source_table
            and later.path = aside.path where later.state = 'landed'
    )
"""


@dataclass(slots=True)
class Writing:
    """One transaction being written: its connection, recorded time and publication number."""

    connection: sqlite3.Connection
    at: datetime
    publication: int = 0

    def apply(self, update: Update) -> None:
        """Apply one update."""
        if isinstance(update, PutSlices | PutFigures | AddPiece | DropPieces):
            slices.write(self.connection, update)
        else:
            self._apply(update)

    def _apply(self, update: RecordUpdate) -> None:
        match update:
            case AddSnapshot(snapshot=snapshot):
                self._add_snapshot(snapshot)
            case RecordKey():
                row = (update.asset, update.build_key, update.split, update.snapshot_id)
                self.connection.execute(_PUT_KEY, row)
            case AddAudit(audit=audit):
                self.connection.execute(
                    "insert or replace into audits (snapshot_id, checks, body) values (?, ?, ?)",
                    (audit.snapshot_id, audit.checks, encode(audit)),
                )
            case SetStatus(snapshot_ids=ids, status=status):
                self._set_status(ids, status)
            case Publish(publication=publication):
                self._publish(publication)
            case Withdraw(environment=environment, keys=keys):
                number = self.publication or newest_publication(self.connection)
                self.connection.executemany(
                    "insert or replace into withdrawals values (?, ?, ?, ?, ?)",
                    [(environment, *key, number) for key in keys],
                )
            case Release(environment=environment, assets=assets):
                self._release(environment, assets)
            case AddDeliveries(deliveries=deliveries):
                for delivery in deliveries:
                    self._add_delivery(delivery)
            case SetDeliveryState(delivery_ids=ids, state=state):
                self._set_deliveries(ids, state)
            case PutRun(run=run):
                self.connection.execute(
                    "insert into runs (id, body) values (?, ?)"
                    " on conflict (id) do update set body = excluded.body",
                    (run.id, encode(run)),
                )
            case Forget(snapshot_ids=ids, paths=paths):
                self._forget(ids)
                self.connection.executemany(
                    "delete from figures where path = ?", [(path,) for path in (*ids, *paths)]
                )
            case Emit(event=event):
                self.connection.execute(
                    "insert into events (at_us, kind, body) values (?, ?, ?)",
                    (to_us(self.at), type(event).__name__, encode(event)),
                )
            case _:
                assert_never(update)

    def _add_snapshot(self, snapshot: Snapshot) -> None:
        added = self.connection.execute(
            "insert into snapshots (id, asset, status) values (?, ?, ?) on conflict do nothing",
            (snapshot.id, snapshot.asset, snapshot.status),
        )
        if added.rowcount == 1:
            self.connection.execute(
                "insert into snapshot_bodies values (?, ?)", (added.lastrowid, encode(snapshot))
            )
            if snapshot.kind == "view":
                self.connection.executemany(
                    "insert or ignore into view_inputs values (?, ?)",
                    [(ref.snapshot_id, snapshot.id) for ref in snapshot.inputs],
                )
        key = (snapshot.asset, snapshot.build_key, snapshot.split, snapshot.id)
        self.connection.execute(_PUT_KEY, key)

    def _set_status(self, ids: tuple[str, ...], status: str) -> None:
        at = to_us(self.at)
        self.connection.executemany(
            "update snapshots set status = ?, status_us = ? where id = ? and status <> ?",
            [(status, at, key, status) for key in ids],
        )

    def _publish(self, publication: Publication) -> None:
        number = newest_publication(self.connection) + 1
        placed = replace(publication, number=number, at=self.at)
        environment = placed.environment
        self.connection.execute(
            "insert into publications values (?, ?, ?, ?, ?)",
            (number, placed.id, environment, to_us(self.at), encode(placed)),
        )
        self.connection.executemany(
            "insert into pointer_changes values (?, ?, ?, ?)",
            [(environment, change.asset, number, change.after) for change in placed.changes],
        )
        self.connection.executemany(
            "insert or replace into pointers values (?, ?, ?, ?)",
            [(environment, c.asset, c.after, number) for c in placed.changes if c.after],
        )
        self.connection.executemany(
            "delete from pointers where environment = ? and asset = ?",
            [(environment, c.asset) for c in placed.changes if c.after is None],
        )
        self._accept(tuple(change.after for change in placed.changes if change.after))
        self.publication = number

    def _accept(self, ids: tuple[str, ...]) -> None:
        """Published is accepted; a snapshot that gc claimed or forgot must never be published."""
        at = to_us(self.at)
        self.connection.executemany(
            "update snapshots set status = 'accepted', status_us = ?"
            " where id = ? and status in ('candidate', 'rejected')",
            [(at, key) for key in ids],
        )
        unusable = unusable_snapshots(self.connection, ids)
        if unusable:
            raise RequirementFailed(failures.unusable(unusable))

    def _release(self, environment: str, assets: tuple[str, ...]) -> None:
        if not assets:
            self.connection.execute("delete from withdrawals where environment = ?", (environment,))
        self.connection.executemany(
            "delete from withdrawals where environment = ? and asset = ?",
            [(environment, asset) for asset in assets],
        )

    def _set_deliveries(self, ids: tuple[str, ...], state: str) -> None:
        self.connection.executemany(
            "update deliveries set state = ? where id = ?", [(state, key) for key in ids]
        )
        if state == "set_aside":
            self.connection.executemany(_RESTORE_EARLIER, [(key, key) for key in ids])

    def _add_delivery(self, delivery: Delivery) -> None:
        """Bytes that came back to a path are its newest version again; what a person set aside
        stays so; the facts of a known delivery are refreshed."""
        known = self.connection.execute(
            "select state from deliveries where id = ?", (delivery.id,)
        ).fetchone()
        state = delivery.state
        if known == ("superseded",):
            self.connection.execute("delete from deliveries where id = ?", (delivery.id,))
        elif known == ("set_aside",):
            state = "set_aside"
        if state == "landed":
            self.connection.execute(
                "update deliveries set state = 'superseded'"
                " where source_table = ? and path = ? and id <> ? and state = 'landed'",
                (delivery.table, delivery.path, delivery.id),
            )
        self.connection.execute(
            "insert into deliveries (id, source_table, path, state, body) values (?, ?, ?, ?, ?)"
            " on conflict (id) do update set state = excluded.state, body = excluded.body",
            (delivery.id, delivery.table, delivery.path, state, encode(delivery)),
        )

    def _forget(self, ids: tuple[str, ...]) -> None:
        rows = [(key,) for key in ids]
        for statement in (
            "delete from snapshot_bodies where seq = (select seq from snapshots where id = ?)",
            "delete from snapshots where id = ?",
            "delete from build_keys where snapshot_id = ?",
            "delete from audits where snapshot_id = ?",
            "delete from view_inputs where view_id = ?",
            "delete from slices where snapshot_id = ?",
        ):
            self.connection.executemany(statement, rows)


def newest_publication(connection: sqlite3.Connection) -> int:
    """Number of the newest publication of the whole catalog, 0 if there is none."""
    (number,) = connection.execute("select max(number) from publications").fetchone()
    return number or 0
