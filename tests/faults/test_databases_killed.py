"""Servers that die while rows come, and loaders that are killed: what is read afterwards is whole."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.app.doors import DOORS
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
    Execute,
    Server,
    mariadb,
    mariadb_session,
    postgres,
    postgres_session,
)
from tests.factories import write_files
from tests.faults.processes import call
from tests.landing import catalogued

ROWS = 60_000
MODES: tuple[Mode, ...] = ("full", "append", "merge")
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


def sources(connection: str, relation: str) -> str:
    """A source with the same table in every mode."""
    lines = [f"connection: {connection}", "tables:"]
    for mode in MODES:
        behind = "" if mode == "full" else ", cursor: seen"
        key = ", key: id, deletes: true" if mode == "merge" else ""
        lines.append(
            f"  t_{mode}: {{relation: {relation}, mode: {mode}{behind}{key}, chunk_rows: 7}}"
        )
    return "\n".join(lines) + "\n"


def edit(execute: Execute, relation: str, chance: random.Random, at: int) -> None:
    """New rows, some at a moment that was there before; in merged tables rows change and go."""
    listed = ", ".join(
        f"({at * 1000 + n}, 'w{chance.randint(0, 9)}', {at * 10 + n // 5})" for n in range(20)
    )
    execute(f"insert into {relation} (id, word, seen) values {listed}")


def killed_and_run_again(
    folder: Path, execute: Execute, relation: str, seed: int, rounds: int
) -> None:
    """Runs that are killed at random steps; then one to the end, whose tables equal the database's."""
    chance = random.Random(seed)
    execute(f"create table {relation} (id int primary key, word varchar(20), seen int not null)")
    for at in range(rounds):
        edit(execute, relation, chance, at)
        code, _, err = call("run", folder, nth=chance.randint(1, 70))
        assert code in (-9, 0), err
    code, _, err = call("run", folder)
    assert code == 0, err
    wanted = sorted(tuple(row) for row in execute(f"select id, word, seen from {relation}"))
    with andon.open(folder) as project:
        for mode in MODES:
            found = project.query(f"select id, word, seen from shop.t_{mode} order by all").rows
            assert [tuple(row) for row in found] == wanted, f"{mode}, seed {seed}"


def sqlite_project(folder: Path) -> tuple[Execute, sqlite3.Connection]:
    text = sources("{kind: sqlite, path: shop.sqlite}", "t")
    write_files(folder, {"andon.toml": '[project]\nname = "shop"\n', "sources/shop.yml": text})
    connection = sqlite3.connect(folder / "shop.sqlite", isolation_level=None)

    def execute(statement: str) -> Any:
        return connection.execute(statement).fetchall()

    return execute, connection


def postgres_project(folder: Path, server: Server, relation: str) -> None:
    connection = (
        f"{{kind: postgres, host: 127.0.0.1, port: {server.port}, database: postgres, user: {ADMIN},"
        " password: {file: secret}}"
    )
    text = sources(connection, relation)
    write_files(
        folder,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/shop.yml": text,
            "secret": PASSWORD,
        },
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_loader_killed_at_any_step_ends_with_the_rows_of_one_clean_load_of_sqlite(
    tmp_path: Path, seed: int
) -> None:
    execute, connection = sqlite_project(tmp_path)
    try:
        killed_and_run_again(tmp_path, execute, "t", seed, rounds=3)
    finally:
        connection.close()


def test_a_loader_killed_at_any_step_ends_with_the_rows_of_one_clean_load_of_postgres(
    tmp_path: Path, postgres_server: Server, postgres_execute: Execute
) -> None:
    relation = f"killed{os.getpid()}_{random.randrange(1 << 30)}"
    postgres_project(tmp_path, postgres_server, relation)
    killed_and_run_again(tmp_path, postgres_execute, relation, 3, rounds=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_loader_killed_again_and_again_in_full(
    tmp_path: Path, postgres_server: Server, postgres_execute: Execute, seed: int
) -> None:
    (tmp_path / "sqlite").mkdir()
    execute, connection = sqlite_project(tmp_path / "sqlite")
    try:
        killed_and_run_again(tmp_path / "sqlite", execute, "t", seed, rounds=6)
    finally:
        connection.close()
    relation = f"killed{os.getpid()}_{seed}"
    (tmp_path / "postgres").mkdir()
    postgres_project(tmp_path / "postgres", postgres_server, relation)
    killed_and_run_again(tmp_path / "postgres", postgres_execute, relation, seed, rounds=6)
