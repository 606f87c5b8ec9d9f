"""Reads of the catalog inside an open read transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from andon.catalog.records import (
    Audit,
    Delivery,
    Pointer,
    Publication,
    RunRecord,
    Snapshot,
    State,
)
from andon.stores.sqlite.encoding import (
    decode_audit,
    decode_delivery,
    decode_event,
    decode_publication,
    decode_run,
    decode_snapshot,
    encode,
    from_us,
    to_us,
)
from andon.stores.sqlite.usable import unusable_snapshots

if TYPE_CHECKING:
    from andon.events import Event


def state(connection: sqlite3.Connection, environment: str, *, deliveries: bool) -> State:
    """All that planning needs of one environment."""
    (newest,) = connection.execute(
        "select max(number) from publications where environment = ?", (environment,)
    ).fetchone()
    pointers, snapshots = {}, {}
    for asset, snapshot_id, publication, body, status, status_us in connection.execute(
        "select p.asset, p.snapshot_id, p.publication, b.body, s.status, s.status_us"
        " from pointers p join snapshots s on s.id = p.snapshot_id"
        " join snapshot_bodies b on b.seq = s.seq where p.environment = ?",
        (environment,),
    ):
        pointers[asset] = Pointer(asset=asset, snapshot_id=snapshot_id, publication=publication)
        snapshots[snapshot_id] = decode_snapshot(body, status, status_us)
    audits = {}
    for snapshot_id, checks, body in connection.execute(
        "select a.snapshot_id, a.checks, a.body from pointers p"
        " join audits a on a.snapshot_id = p.snapshot_id where p.environment = ?",
        (environment,),
    ):
        audits[snapshot_id, checks] = decode_audit(body)
    withdrawn = connection.execute(
        "select asset, build_key, split from withdrawals where environment = ?", (environment,)
    )
    return State(
        environment=environment,
        publication=newest or 0,
        pointers=pointers,
        snapshots=snapshots,
        audits=audits,
        withdrawn=frozenset(withdrawn),
        deliveries=_deliveries_in_force(connection) if deliveries else {},
    )


def empty_state(environment: str) -> State:
    """The state of a catalog that is not there yet."""
    return State(
        environment=environment,
        publication=0,
        pointers={},
        snapshots={},
        audits={},
        withdrawn=frozenset(),
        deliveries={},
    )


def _deliveries_in_force(connection: sqlite3.Connection) -> dict[str, tuple[Delivery, ...]]:
    found: dict[str, list[Delivery]] = {}
    for body, delivery_state in connection.execute(
        "select body, state from deliveries where state <> 'superseded' order by source_table, seq"
    ):
        delivery = decode_delivery(body, delivery_state)
        found.setdefault(delivery.table, []).append(delivery)
    return {table: tuple(deliveries) for table, deliveries in found.items()}


def pointed_at(
    connection: sqlite3.Connection, environment: str, number: int
) -> dict[str, str | None]:
    """Asset -> snapshot id in effect after a publication; None where it was removed."""
    return dict(
        connection.execute(
            "select asset, snapshot_id from ("
            "  select asset, snapshot_id, max(publication) from pointer_changes"
            "  where environment = ? and publication <= ? group by asset)",
            (environment, number),
        )
    )


def horizon(connection: sqlite3.Connection, environment: str) -> int:
    """Number of the oldest publication since which every whole set can still be read."""
    (number,) = connection.execute(
        """
        select min(number) from publications
        where environment = :env and number >= coalesce((
            select max(coalesce((
                select min(d.publication) from pointer_changes d
                where d.environment = c.environment and d.asset = c.asset
                  and d.publication > c.publication), 9223372036854775807))
            from pointer_changes c left join snapshots s on s.id = c.snapshot_id
            where c.environment = :env and c.snapshot_id is not null
              and (s.id is null or s.status = 'marked')), 0)
        """,
        {"env": environment},
    ).fetchone()
    return number or 0


def usable(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Snapshot]:
    """Snapshots of these ids that are in the catalog and not marked, by id."""
    rows = connection.execute(
        "select s.id, b.body, s.status, s.status_us from json_each(?) j"
        " join snapshots s on s.id = j.value join snapshot_bodies b on b.seq = s.seq"
        " where s.status <> 'marked'",
        (encode(list(ids)).decode(),),
    )
    return {key: decode_snapshot(body, status, us) for key, body, status, us in rows}


def find(
    connection: sqlite3.Connection, keys: Iterable[tuple[str, str, str]]
) -> dict[tuple[str, str, str], Snapshot]:
    """Usable snapshots by (asset, build key, split); a view only with all that it reads."""
    rows = connection.execute(
        "select k.asset, k.build_key, k.split, b.body, s.status, s.status_us"
        " from json_each(?) j join build_keys k on k.asset = json_extract(j.value, '$[0]')"
        "  and k.build_key = json_extract(j.value, '$[1]')"
        "  and k.split = json_extract(j.value, '$[2]')"
        " join snapshots s on s.id = k.snapshot_id join snapshot_bodies b on b.seq = s.seq"
        " where s.status <> 'marked'",
        (encode(list(keys)).decode(),),
    )
    found = {
        (asset, key, split): decode_snapshot(body, status, us)
        for asset, key, split, body, status, us in rows
    }
    views = {snapshot.id for snapshot in found.values() if snapshot.kind == "view"}
    broken = set(unusable_snapshots(connection, views)) if views else set()
    return {key: snapshot for key, snapshot in found.items() if snapshot.id not in broken}


def snapshots(
    connection: sqlite3.Connection, asset: str | None, ids: Sequence[str] | None
) -> list[Snapshot]:
    """Snapshots of an asset, of ids, or all; newest first."""
    rows = connection.execute(
        "select b.body, s.status, s.status_us from snapshots s"
        " join snapshot_bodies b on b.seq = s.seq"
        " where (:asset is null or s.asset = :asset)"
        " and (:ids is null or s.id in (select value from json_each(:ids)))"
        " order by s.seq desc",
        {"asset": asset, "ids": None if ids is None else encode(list(ids)).decode()},
    )
    return [decode_snapshot(*row) for row in rows]


def publication_at(connection: sqlite3.Connection, environment: str, moment: datetime) -> int:
    """Number of the newest publication at or before a recorded time, 0 if none."""
    (number,) = connection.execute(
        "select max(number) from publications where environment = ? and at_us <= ?",
        (environment, to_us(moment)),
    ).fetchone()
    return number or 0


def has_publication(connection: sqlite3.Connection, environment: str, number: int) -> bool:
    """Whether that publication belongs to the environment."""
    found = connection.execute(
        "select 1 from publications where number = ? and environment = ?", (number, environment)
    )
    return found.fetchone() is not None


def _most(limit: int | None) -> int:
    """A limit as SQLite takes it."""
    return -1 if limit is None else limit


def publications(
    connection: sqlite3.Connection, environment: str, limit: int | None
) -> list[Publication]:
    """Newest first."""
    rows = connection.execute(
        "select body from publications where environment = ? order by number desc limit ?",
        (environment, _most(limit)),
    )
    return [decode_publication(body) for (body,) in rows]


def publication(connection: sqlite3.Connection, publication_id: str) -> Publication | None:
    """By its id."""
    row = connection.execute(
        "select body from publications where id = ?", (publication_id,)
    ).fetchone()
    return decode_publication(row[0]) if row else None


def environments(connection: sqlite3.Connection) -> list[str]:
    """Names of all environments ever published to."""
    rows = connection.execute("select distinct environment from publications order by 1")
    return [name for (name,) in rows]


def audits(connection: sqlite3.Connection, snapshot_id: str) -> list[Audit]:
    """Audits of a snapshot, newest first."""
    rows = connection.execute(
        "select body from audits where snapshot_id = ? order by seq desc", (snapshot_id,)
    )
    return [decode_audit(body) for (body,) in rows]


def deliveries(connection: sqlite3.Connection, table: str | None) -> list[Delivery]:
    """All deliveries, in order of arrival."""
    rows = connection.execute(
        "select body, state from deliveries where ? is null or source_table = ? order by seq",
        (table, table),
    )
    return [decode_delivery(body, delivery_state) for body, delivery_state in rows]


def last_number(connection: sqlite3.Connection, table: str) -> int:
    """Largest number of a delivery of a table, 0 if none has one."""
    (number,) = connection.execute(
        "select max(json_extract(body, '$.number')) from deliveries where source_table = ?",
        (table,),
    ).fetchone()
    return number or 0


def runs(connection: sqlite3.Connection, limit: int) -> list[RunRecord]:
    """Newest first."""
    rows = connection.execute("select body from runs order by seq desc limit ?", (limit,))
    return [decode_run(body) for (body,) in rows]


def events(
    connection: sqlite3.Connection,
    after: int,
    limit: int | None,
    kinds: Sequence[str],
    since: datetime | None,
) -> list[tuple[int, datetime, Event]]:
    """Events after a number and since a moment, in order; of these kinds if any are named."""
    if since is not None:
        after = max(after, _last_before(connection, to_us(since)))
    rows = connection.execute(
        "select number, at_us, kind, body from events where number > :after"
        " and (:kinds is null or kind in (select value from json_each(:kinds)))"
        " order by number limit :limit",
        {
            "after": after,
            "limit": _most(limit),
            "kinds": encode(list(kinds)).decode() if kinds else None,
        },
    )
    return [(number, from_us(us), decode_event(kind, body)) for number, us, kind, body in rows]


def _last_before(connection: sqlite3.Connection, us: int) -> int:
    """Number of the newest event before a moment, 0 if there is none: times grow with numbers."""
    (newest,) = connection.execute("select max(number) from events").fetchone()
    low, high = 0, newest or 0
    while low < high:
        middle = (low + high + 1) // 2
        found = connection.execute(
            "select at_us from events where number <= ? order by number desc limit 1", (middle,)
        ).fetchone()
        if found is None or found[0] < us:
            low = middle
        else:
            high = middle - 1
    return low
