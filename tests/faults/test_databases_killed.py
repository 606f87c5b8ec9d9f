"""Servers that die while rows come: what is read afterwards is whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from andon.app.wiring.doors import DOORS
from andon.errors import Unavailable
from andon.names import AssetName
from andon.ports.door import Door
from andon.sources.databases.origin import DatabaseTables
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Mode, Secret
from andon.spec.source import SourceTable
from andon.stores.files import FileTableStore
from tests.databases import (
    ADMIN,
    PASSWORD,
    Server,
    mariadb,
    mariadb_session,
    postgres,
    postgres_session,
)
from tests.landing import catalogued

ROWS = 60_000
FILL = {
    "postgres": "insert into t select n, repeat('x', 3000), n from generate_series(1, {rows}) n",
    "mysql": "insert into t select seq, repeat('x', 1000), seq from seq_1_to_{rows}",
}


@pytest.fixture(scope="module", params=["postgres", "mysql"])
def mortal(request: pytest.FixtureRequest) -> Iterator[tuple[DatabaseKind, Server]]:
    """A server of these tests alone, with a table of many rows."""
    kind: DatabaseKind = request.param
    with (postgres if kind == "postgres" else mariadb)() as server:
        with postgres_session(server) if kind == "postgres" else mariadb_session(server) as execute:
            if kind == "mysql":
                execute("create database shop")
                execute("use shop")
            execute("create table t (id int primary key, word text, seen int not null)")
            execute(FILL[kind].format(rows=ROWS))
            if kind == "postgres":
                execute(
                    "checkpoint"
                )  # it does not wait for the disk otherwise, and is to be killed
        yield kind, server


def table_of(kind: DatabaseKind, server: Server, mode: Mode) -> SourceTable:
    settings = (
        ("database", "postgres" if kind == "postgres" else "shop"),
        ("host", "127.0.0.1"),
        ("password", Secret(via="file", name="secret")),
        ("port", str(server.port)),
        ("user", ADMIN),
    )
    return SourceTable(
        name=AssetName("shop.t"),
        source="shop",
        origin=DatabaseOrigin(
            kind=kind,
            settings=settings,
            relation="t",
            mode=mode,
            cursor="" if mode == "full" else "seen",
            chunk_rows=9_000,
        ),
        format="parquet",
        key=("id",) if mode == "merge" else (),
    )


@pytest.mark.parametrize("mode", ["full", "append"])
def test_a_server_killed_while_rows_come_is_read_whole_when_it_is_back(
    mortal: tuple[DatabaseKind, Server], tmp_path: Path, mode: Mode
) -> None:
    kind, server = mortal
    (tmp_path / "secret").write_text(PASSWORD)
    landed = opened = 0
    starting: list[threading.Thread] = []

    def on_step(step: str) -> None:
        nonlocal landed
        landed += step == "rename_after"
        if step == "rename_after" and landed == 2:
            server.kill()
            starting.append(threading.Thread(target=server.start))
            starting[0].start()

    def door() -> Door:
        nonlocal opened
        opened += 1
        return DOORS[kind]()

    with catalogued(tmp_path) as kept:
        store = FileTableStore(tmp_path / ".andon", on_step=on_step)
        waits_s = (0.2, 1, 2, 4, 8, 16)
        origin = DatabaseTables(tmp_path, store, lambda: kept.engine, {kind: door}, waits_s=waits_s)
        try:
            kept.land(origin, table_of(kind, server, mode))
        finally:
            starting[0].join()
        assert opened > 1, "the server died too late"
        found = kept.read(
            table_of(kind, server, mode), "count(*), count(distinct id), sum(id)::bigint"
        )
    assert found == [(ROWS, ROWS, ROWS * (ROWS + 1) // 2)]


def test_a_server_that_stays_away_is_told_and_nothing_is_half_read(
    mortal: tuple[DatabaseKind, Server], tmp_path: Path
) -> None:
    kind, server = mortal
    (tmp_path / "secret").write_text(PASSWORD)

    def on_step(step: str) -> None:
        if step == "rename_after":
            server.kill()

    with catalogued(tmp_path) as kept:
        store = FileTableStore(tmp_path / ".andon", on_step=on_step)
        origin = DatabaseTables(tmp_path, store, lambda: kept.engine, DOORS, waits_s=(0.01,))
        try:
            with pytest.raises(Unavailable) as caught:
                kept.land(origin, table_of(kind, server, "full"))
        finally:
            server.start()
        assert caught.value.code == "SRC042"
        assert kept.known == []
