"""Rows that go and come back: of `deletes: true` a key has the row that the database has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest
from msgspec.structs import replace

from andon.acquisition.cursors.ask import Ask
from andon.app.wiring.doors import DOORS
from andon.names import AssetName
from andon.ports.door import Sight
from andon.sources.databases.absent import MOST_BY_KEY
from andon.sources.databases.origin import DatabaseTables
from andon.sources.databases.sessions import Doors
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Secret, Settings
from andon.spec.source import SourceTable
from tests.databases import ADMIN, PASSWORD, Execute
from tests.landing import Catalogued, catalogued

KINDS: tuple[DatabaseKind, ...] = ("sqlite", "duckdb", "postgres", "mysql")


class Base:
    """A database that statements change and tables are read from."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path, kind: DatabaseKind) -> None:
        self.kind = kind
        self.folder = folder
        self.settings: Settings = (("path", "shop.db"),)
        if kind == "sqlite":
            connection = sqlite3.connect(folder / "shop.db", isolation_level=None)
            request.addfinalizer(connection.close)
            self.execute: Execute = connection.execute
        elif kind == "duckdb":
            self.execute = self._duckdb
        else:
            name = "postgres" if kind == "postgres" else "mariadb"
            server = request.getfixturevalue(f"{name}_server")
            self.execute = request.getfixturevalue(f"{name}_execute")
            (folder / "secret").write_text(PASSWORD)
            self.settings = (
                ("database", "postgres" if kind == "postgres" else "shop"),
                ("host", "127.0.0.1"),
                ("password", Secret(via="file", name="secret")),
                ("port", str(server.port)),
                ("user", ADMIN),
            )

    def _duckdb(self, statement: str) -> None:
        with duckdb.connect(str(self.folder / "shop.db")) as connection:
            connection.execute(statement)

    def table(self, columns: str, key: tuple[str, ...] = ("id",), **declared: Any) -> SourceTable:
        """A new table; it has a word, and `seen` that grows."""
        relation = f"t{uuid4().hex}"
        self.execute(
            f"create table {relation} ({columns}, word varchar(40), seen integer not null)"
        )
        return SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=DatabaseOrigin(
                kind=self.kind,
                settings=self.settings,
                relation=relation,
                mode="merge",
                cursor="seen",
                deletes=True,
                **declared,
            ),
            format="parquet",
            key=key,
        )


@pytest.fixture(params=KINDS)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    return Base(request, tmp_path, request.param)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Catalogued]:
    with catalogued(tmp_path) as made:
        yield made


def land(
    kept: Catalogued, base: Base, table: SourceTable, doors: Doors = DOORS, **most: int
) -> int:
    origin = DatabaseTables(base.folder, kept.store, lambda: kept.engine, doors, waits_s=())
    return len(kept.land(origin, table, **most))


def name_of(table: SourceTable) -> str:
    assert isinstance(table.origin, DatabaseOrigin)
    return table.origin.relation


def test_a_key_that_comes_back_has_its_new_row_and_a_late_one_is_read(
    base: Base, kept: Catalogued
) -> None:
    table = base.table("id integer not null")
    name = name_of(table)
    base.execute(f"insert into {name} values (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)")
    land(kept, base, table)
    base.execute(f"delete from {name} where id = 2")
    land(kept, base, table)
    assert kept.read(table) == [(1, "one"), (3, "three")]
    base.execute(f"insert into {name} values (2, 'reborn', 1), (9, 'late', 1)")
    land(kept, base, table)
    assert kept.read(table) == [(1, "one"), (2, "reborn"), (3, "three"), (9, "late")]
    assert land(kept, base, table) == 0


KEYS = {
    "text": ("id varchar(20) not null", ("id",), "'{}'", ("Ab", "aB", "a''b")),
    "date": ("id date not null", ("id",), "'{}'", ("2026-01-02", "1999-12-31", "2026-01-03")),
    "decimal": ("id decimal(10, 2) not null", ("id",), "{}", ("1.50", "-3.25", "0")),
    "two": ("a integer not null, b varchar(9) not null", ("a", "b"), "{}, 'x{}'", ("1", "2", "-3")),
    "float": ("id double precision not null", ("id",), "{}", ("1.5", "-0.25", "3")),
}


@pytest.mark.parametrize("kind", KEYS)
def test_rows_are_found_by_keys_of_every_type(base: Base, kept: Catalogued, kind: str) -> None:
    columns, key, form, values = KEYS[kind]
    if base.kind == "mysql" and kind == "text":
        columns += " collate utf8mb4_bin"
    table = base.table(columns, key)
    written = [form.format(*[value] * form.count("{}")) for value in values]
    for at, value in enumerate(written):
        base.execute(f"insert into {name_of(table)} values ({value}, 'old', {at + 5})")
    land(kept, base, table)
    which = [one.replace(", ", " and b = ") for one in written]
    column = "a" if kind == "two" else "id"
    for one in which[:2]:
        base.execute(f"delete from {name_of(table)} where {column} = {one}")
    land(kept, base, table)
    assert kept.read(table, "word") == [("old",)]
    for one in written[:2]:
        base.execute(f"insert into {name_of(table)} values ({one}, 'new', 1)")
    land(kept, base, table)
    assert kept.read(table, "word, seen") == [("new", 1), ("new", 1), ("old", 7)]


def test_many_keys_that_come_back_are_read_too(base: Base, kept: Catalogued) -> None:
    table = base.table("id integer not null")
    many = ", ".join(f"({n}, 'late', 1)" for n in range(1, MOST_BY_KEY + 50))
    base.execute(f"insert into {name_of(table)} values (0, 'first', 9)")
    land(kept, base, table)
    base.execute(f"insert into {name_of(table)} values {many}")
    land(kept, base, table)
    assert kept.read(table, "count(*), count(distinct id)") == [(MOST_BY_KEY + 50,) * 2]


def test_a_process_that_died_before_the_keys_were_listed_is_gone_on_from(
    base: Base, kept: Catalogued
) -> None:
    table = base.table("id integer not null")
    base.execute(f"insert into {name_of(table)} values (1, 'one', 1), (2, 'two', 2)")
    land(kept, base, table)
    base.execute(f"delete from {name_of(table)} where id = 1")
    land(kept, base, table)
    base.execute(f"insert into {name_of(table)} values (1, 'back', 1), (3, 'three', 3)")
    for wanted in (1, 1, 1, 0):
        assert land(kept, base, table, most_batches=1) == wanted
    assert kept.read(table) == [(1, "back"), (2, "two"), (3, "three")]


def test_a_first_reading_that_died_midway_has_every_row_in_the_end(
    base: Base, kept: Catalogued
) -> None:
    table = base.table("id integer not null", chunk_rows=2)
    rows = ", ".join(f"({n}, 'w', {n})" for n in range(1, 6))
    base.execute(f"insert into {name_of(table)} values {rows}")
    land(kept, base, table, most_batches=2)
    base.execute(f"insert into {name_of(table)} values (9, 'late', 1)")
    land(kept, base, table)
    assert kept.read(table, "id") == [(n,) for n in (1, 2, 3, 4, 5, 9)]


def test_another_key_reads_all_rows_anew(base: Base, kept: Catalogued) -> None:
    table = base.table("id integer not null, other integer not null")
    base.execute(f"insert into {name_of(table)} values (1, 5, 'one', 1), (2, 6, 'two', 2)")
    land(kept, base, table)
    base.execute(f"delete from {name_of(table)} where id = 1")
    land(kept, base, table)
    base.execute(f"insert into {name_of(table)} values (7, 5, 'again', 1)")
    table = replace(table, key=("other",))
    land(kept, base, table)
    assert kept.read(table, "other, word") == [(5, "again"), (6, "two")]


def test_few_keys_are_asked_for_by_key_alone(
    request: pytest.FixtureRequest, tmp_path: Path, kept: Catalogued
) -> None:
    base = Base(request, tmp_path, "sqlite")
    table = base.table("id integer not null")
    base.execute(f"insert into {name_of(table)} values (1, 'one', 1), (2, 'two', 9)")
    land(kept, base, table)
    base.execute(f"insert into {name_of(table)} values (5, 'late', 1)")
    asked: list[Ask] = []

    class Door:
        def open(self, settings: Any) -> Sight:
            sight = DOORS["sqlite"]().open(settings)
            batches = sight.batches

            def told(ask: Ask) -> Any:
                asked.append(ask)
                return batches(ask)

            sight.batches = told  # type: ignore[method-assign]  # the real one is asked
            return sight

        place = DOORS["sqlite"]().place

    land(kept, base, table, {"sqlite": Door})
    assert [ask.among for ask in asked if ask.among] == [(("5",),)]
    assert all(ask.since or ask.columns or ask.among for ask in asked)
