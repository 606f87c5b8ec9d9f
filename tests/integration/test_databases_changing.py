"""Columns that change their type in the database, between two readings behind a cursor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from andon.app.wiring.doors import DOORS
from andon.names import AssetName
from andon.sources.databases.origin import DatabaseTables
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Mode, Secret, Settings
from andon.spec.source import SourceTable
from tests.databases import ADMIN, PASSWORD, Execute
from tests.landing import Catalogued, catalogued


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Catalogued]:
    with catalogued(tmp_path) as made:
        yield made


def table_of(
    kind: DatabaseKind, settings: Settings, relation: str, mode: Mode, **declared: Any
) -> SourceTable:
    return SourceTable(
        name=AssetName("shop.rows"),
        source="shop",
        origin=DatabaseOrigin(
            kind=kind, settings=settings, relation=relation, mode=mode, cursor="id", **declared
        ),
        format="parquet",
        key=("id",) if mode == "merge" else (),
    )


def land(kept: Catalogued, folder: Path, table: SourceTable) -> None:
    kept.land(DatabaseTables(folder, kept.store, lambda: kept.engine, DOORS, waits_s=()), table)


TYPES = [
    ("varchar(9)", "'x'", "integer", "5", "VARCHAR", ["x", "5"]),
    ("integer", "5", "varchar(9)", "'x'", "VARCHAR", ["5", "x"]),
    ("integer", "5", "numeric(8, 2)", "1.25", "DECIMAL(12,2)", ["5.00", "1.25"]),
    ("date", "'2026-01-02'", "timestamp", "'2026-01-03 04:00'", "TIMESTAMP", None),
    ("date", "'2026-01-02'", "integer", "7", "VARCHAR", ["2026-01-02", "7"]),
    ("boolean", "true", "integer", "7", "VARCHAR", ["true", "7"]),
    ("varchar(9)", "'x'", "jsonb", "'[1]'", "JSON", ['"x"', "[1]"]),
    ("integer[]", "'{1,2}'", "varchar(9)", "'x'", "JSON", ["[1,2]", '"x"']),
    ("bytea", "'x'", "varchar(9)", "'y'", "VARCHAR", ["x", "y"]),
]


@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize(("first", "old", "second", "new", "wanted", "values"), TYPES)
def test_a_column_has_the_least_common_type_of_all_its_readings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kept: Catalogued,
    mode: Mode,
    first: str,
    old: str,
    second: str,
    new: str,
    wanted: str,
    values: list[str] | None,
) -> None:
    server = request.getfixturevalue("postgres_server")
    execute: Execute = request.getfixturevalue("postgres_execute")
    (tmp_path / "secret").write_text(PASSWORD)
    settings: Settings = (
        ("database", "postgres"),
        ("host", "127.0.0.1"),
        ("password", Secret(via="file", name="secret")),
        ("port", str(server.port)),
        ("user", ADMIN),
    )
    name = f"t{uuid4().hex}"
    execute(f"create table {name} (id int primary key, v {first})")
    execute(f"insert into {name} values (1, {old})")
    table = table_of("postgres", settings, name, mode)
    land(kept, tmp_path, table)
    execute(f"alter table {name} alter column v type {second} using null")
    execute(f"insert into {name} values (2, {new})")
    execute(f"delete from {name} where id = 1")
    land(kept, tmp_path, table)
    raw = kept.build(table)
    assert (
        dict(zip(raw.schema.names, (c.type for c in raw.schema.columns), strict=True))["v"]
        == wanted
    )
    if values is not None:
        assert [row[1] for row in kept.rows(raw, "id, v::varchar")] == values


@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize("lag", [None, 5.0])
def test_rows_that_are_read_again_in_another_type_are_there_once(
    tmp_path: Path, kept: Catalogued, mode: Mode, lag: float | None
) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    connection.execute("create table t (id integer primary key, v text)")
    connection.execute("insert into t values (1, '10'), (2, '20'), (3, 'x')")
    table = table_of("sqlite", (("path", "shop.db"),), "t", mode, lag_s=lag)
    land(kept, tmp_path, table)
    connection.execute("delete from t where id = 3")
    connection.execute("create table n (id integer primary key, v integer)")
    connection.execute("insert into n select * from t")
    connection.execute("insert into n values (3, 30), (4, 40)")
    connection.execute("drop table t")
    connection.execute("alter table n rename to t")
    connection.close()
    land(kept, tmp_path, table)
    rows = [(1, "10"), (2, "20"), (3, "30"), (4, "40")]
    if mode == "append":
        rows.insert(3, (3, "x"))
    assert kept.read(table, "id, v") == rows


def test_a_text_that_is_declared_as_json_is_parsed(tmp_path: Path, kept: Catalogued) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table t (id integer primary key, v text)")
        connection.execute("insert into t values (1, '[1, 2]')")
    connection.close()
    table = table_of("sqlite", (("path", "shop.db"),), "t", "append")
    table = replace(table, columns=(("v", "JSON"),))
    land(kept, tmp_path, table)
    assert kept.read(table, "json_array_length(v)") == [(2,)]
