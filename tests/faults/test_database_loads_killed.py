"""Loads of databases that are killed at random moments: what is read afterwards is whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import Struct

import andon
from tests.databases import ADMIN, PASSWORD, Execute, Server
from tests.factories import write_files
from tests.faults.processes import call

KINDS = ("postgres", "mysql", "sqlite", "duckdb")
LOADS = {
    "full": "mode: full",
    "append": "mode: append, cursor: seen",
    "merge": "mode: merge, cursor: seen, key: id",
    "deletes": "mode: merge, cursor: seen, key: id, deletes: true",
}
"""How a table is declared, by the way it is loaded."""

SERVER = (
    "{{kind: {kind}, host: 127.0.0.1, port: {port}, database: {database}, user: {user},"
    " password: {{file: secret}}}}"
)


class Base(Struct, frozen=True, kw_only=True):
    """A database: how a project connects to it, and how a test changes it."""

    connection: str
    execute: Execute


@pytest.fixture(params=KINDS)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    """One of each kind."""
    match request.param:
        case "postgres":
            server, database = request.getfixturevalue("postgres_server"), "postgres"
            return served("postgres", server, database, request.getfixturevalue("postgres_execute"))
        case "mysql":
            server, database = request.getfixturevalue("mariadb_server"), "shop"
            return served("mysql", server, database, request.getfixturevalue("mariadb_execute"))
        case kind:
            path = tmp_path / f"shop.{kind}"
            execute = {"sqlite": in_sqlite, "duckdb": in_duckdb}[kind](path)
            return Base(connection=f"{{kind: {kind}, path: {path.name}}}", execute=execute)


def served(kind: str, server: Server, database: str, execute: Execute) -> Base:
    connection = SERVER.format(kind=kind, port=server.port, database=database, user=ADMIN)
    return Base(connection=connection, execute=execute)


def in_sqlite(path: Path) -> Execute:
    def execute(statement: str) -> Any:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    return execute


def in_duckdb(path: Path) -> Execute:
    """The file is let go after each statement: no other process reads it as long as it is held."""

    def execute(statement: str) -> Any:
        with duckdb.connect(str(path)) as connection:
            return connection.execute(statement).fetchall()

    return execute


class Table:
    """A table of a database, loaded in one way by the project in a folder."""

    def __init__(self, folder: Path, base: Base, load: str, chance: random.Random) -> None:
        self.folder = folder
        self._execute = base.execute
        self._load = load
        self._chance = chance
        self._at = 0
        self._name = f"killed{os.getpid()}_{os.urandom(4).hex()}"
        declared = f"{{relation: {self._name}, {LOADS[load]}, chunk_rows: 7}}"
        write_files(
            folder,
            {
                "andon.toml": '[project]\nname = "shop"\n',
                "sources/shop.yml": f"connection: {base.connection}\ntables:\n  t: {declared}\n",
                "secret": PASSWORD,
            },
        )
        unique = " primary key" if self._is_keyed else ""
        self._execute(
            f"create table {self._name} (id int{unique}, word varchar(20), seen int not null)"
        )

    @property
    def _is_keyed(self) -> bool:
        return self._load in ("merge", "deletes")

    def edit(self) -> None:
        """Add rows, some at a moment that was there before, some equal to others where no key
        forbids it; where the load sees it, let rows change and go."""
        self._at += 1
        rows = []
        for n in range(20):
            number = self._at * 1000 + (n if self._is_keyed else n // 3)
            rows.append(f"({number}, 'w{self._chance.randint(0, 2)}', {self._at * 3 + n // 5})")
        self._execute(f"insert into {self._name} (id, word, seen) values {', '.join(rows)}")
        some = self._chance.randint(0, 6)
        if self._load != "append":
            self._execute(
                f"update {self._name} set word = 'changed', seen = {self._at * 3 + 3}"
                f" where id % 7 = {some}"
            )
        if self._load in ("full", "deletes"):
            self._execute(
                f"delete from {self._name} where id % 5 = {some % 5} or seen < {self._at * 3 - 20}"
            )

    def rows(self) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return sorted(map(tuple, self._execute(f"select id, word, seen from {self._name}")))

    def loaded(self) -> list[tuple[Any, ...]]:
        """What the project holds."""
        with andon.open(self.folder) as project:
            return sorted(map(tuple, project.query("select id, word, seen from shop.t").rows))


def killed_and_run_again(table: Table, chance: random.Random, kills: int) -> None:
    """Runs that are killed, half of them at a step and half at a time, until so many have died;
    about every second one is followed by one to the end, which is compared row by row."""
    table.edit()
    steps, took_s = run_to_the_end(table)
    killed = 0
    while killed < kills:
        table.edit()
        at: dict[str, float] = (
            {"nth": chance.randint(1, steps)}
            if chance.random() < 0.5
            else {"after_s": chance.random() * took_s}
        )
        code, _, err = call("run", table.folder, **at)
        assert code in (-signal.SIGKILL, 0), err
        killed += code == -signal.SIGKILL
        if killed == kills or chance.random() < 0.5:
            steps, took_s = run_to_the_end(table)


def run_to_the_end(table: Table) -> tuple[int, float]:
    """One run, after which the project holds what the database holds; its steps and their time."""
    code, said, err = call("run", table.folder)
    assert code == 0, err
    assert table.loaded() == table.rows()
    return said[-1]["steps"], said[-1]["took_s"]


@contextmanager
def chance_of(seed: int) -> Iterator[random.Random]:
    """Chance from this seed; a failure names it."""
    try:
        yield random.Random(seed)
    except AssertionError as failure:
        failure.add_note(f"ANDON_FAULT_SEED={seed}")
        raise


@pytest.mark.parametrize("load", LOADS)
def test_a_load_killed_at_any_moment_ends_with_the_rows_of_one_clean_load(
    tmp_path: Path, base: Base, load: str
) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", "3"))
    with chance_of(seed) as chance:
        table = Table(tmp_path, base, load, chance)
        killed_and_run_again(table, chance, kills=2)
        assert table.loaded() == table.rows()


@pytest.mark.soak
@pytest.mark.parametrize("load", LOADS)
def test_a_load_killed_again_and_again_in_full(tmp_path: Path, base: Base, load: str) -> None:
    seed = int(os.environ.get("ANDON_FAULT_SEED", str(int.from_bytes(os.urandom(3)))))
    with chance_of(seed) as chance:
        table = Table(tmp_path, base, load, chance)
        killed_and_run_again(table, chance, kills=50)
        assert table.loaded() == table.rows()
