"""Types of databases survive: what is in the raw table is what is in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from andon.app.wiring.doors import DOORS
from andon.errors import TaskFailed
from andon.names import AssetName
from andon.sources.databases.origin import DatabaseTables
from andon.spec.origin import DatabaseKind, DatabaseOrigin, Secret, Settings
from andon.spec.source import SourceTable
from tests.databases import ADMIN, PASSWORD, Execute, Server
from tests.landing import Catalogued, catalogued


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Catalogued]:
    (tmp_path / "secret").write_text(PASSWORD)
    with catalogued(tmp_path) as made:
        yield made


class Reader:
    """Lands one column at a time of one database, and gives its type and texts."""

    def __init__(self, kept: Catalogued, folder: Path, kind: DatabaseKind, settings: Settings):
        self._kept, self._folder = kept, folder
        self._kind, self._settings = kind, settings

    def __call__(self, relation: str, **columns: str) -> tuple[str, list[Any]]:
        table = SourceTable(
            name=AssetName("shop.rows"),
            source="shop",
            origin=DatabaseOrigin(kind=self._kind, settings=self._settings, relation=relation),
            format="parquet",
            columns=tuple(columns.items()),
        )
        kept = self._kept
        kept.known = []
        origin = DatabaseTables(self._folder, kept.store, lambda: kept.engine, DOORS)
        kept.land(origin, table)
        raw = kept.build(table)
        found = kept.rows(raw, "_row, v::varchar")
        return raw.schema.columns[0].type, [text for _, text in found]


def settings_of(server: Server, database: str) -> Settings:
    return (
        ("database", database),
        ("host", "127.0.0.1"),
        ("password", Secret(via="file", name="secret")),
        ("port", str(server.port)),
        ("user", ADMIN),
    )


POSTGRES = [
    ("smallint", ["-32768", "32767"], "SMALLINT", None),
    ("int", ["-2147483648", "2147483647"], "INTEGER", None),
    ("bigint", ["-9223372036854775808", "9223372036854775807"], "BIGINT", None),
    ("oid", ["0", "4294967295"], "BIGINT", None),
    ("numeric(38, 10)", ["-9999999999999999999999999999.9999999999"], "DECIMAL(38,10)", None),
    ("numeric(5)", ["99999"], "DECIMAL(5,0)", None),
    ("numeric", ["123456789012345678901234567890.123", "NaN"], "VARCHAR", None),
    ("numeric(50, 2)", ["1.25"], "VARCHAR", None),
    ("real", ["1.5"], "FLOAT", None),
    ("float8", ["0.1", "NaN", "-Infinity"], "DOUBLE", ["0.1", "nan", "-inf"]),
    ("boolean", ["true", "false"], "BOOLEAN", None),
    ("text", ["", "ä😀'\"\\\n"], "VARCHAR", None),
    ("char(5)", ["ab   "], "VARCHAR", None),
    ("bytea", [r"\x00ff"], "BLOB", [r"\x00\xFF"]),
    ("date", ["0001-01-01", "9999-12-31", "infinity", "-infinity"], "DATE", None),
    ("date", ["4713-01-01 BC"], "DATE", ["4713-01-01 (BC)"]),
    ("time", ["00:00:00", "23:59:59.999999", "24:00:00"], "TIME", None),
    ("timestamp", ["2026-03-29 02:30:00.123456", "infinity", "-infinity"], "TIMESTAMP", None),
    (
        "timestamptz",
        ["2026-03-29 02:30:00.5+02", "infinity", "-infinity"],
        "TIMESTAMP WITH TIME ZONE",
        ["2026-03-29 00:30:00.5+00", "infinity", "-infinity"],
    ),
    ("timetz", ["12:00:00+02"], "VARCHAR", None),
    ("interval", ["1 year 2 mons 3 days 04:05:06.7"], "VARCHAR", None),
    ("json", ['{"b": 1, "a": [1.50, null]}'], "JSON", None),
    ("jsonb", ['{"a": [1.50, null]}'], "JSON", None),
    ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], "UUID", None),
    ("int[]", ["{1,NULL,3}", "{}"], "INTEGER[]", ["[1, NULL, 3]", "[]"]),
    ("text[]", ['{a,"b c"}'], "VARCHAR[]", ["[a, b c]"]),
    ("numeric[]", ["{1.50,NULL}"], "VARCHAR[]", ["[1.50, NULL]"]),
    ("timestamptz[]", ["{2026-01-01 00:00:00+00}"], "TIMESTAMP WITH TIME ZONE[]",
     ["['2026-01-01 00:00:00+00']"]),
    ("uuid[]", ["{123e4567-e89b-12d3-a456-426614174000}"], "UUID[]",
     ["[123e4567-e89b-12d3-a456-426614174000]"]),
    ("inet", ["10.0.0.1"], "VARCHAR", ["10.0.0.1/32"]),
    ("inet[]", ["{10.0.0.1}"], "VARCHAR[]", ["[10.0.0.1/32]"]),
    ("money", ["$1.50"], "VARCHAR", ["1.50"]),
    ("bit(4)", ["1010"], "VARCHAR", None),
    ("int4range", ["[1,5)"], "VARCHAR", None),
    ("point", ["(1,2)"], "VARCHAR", None),
    ("xml", ["<a/>"], "VARCHAR", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "texts", "kind", "wanted"), POSTGRES, ids=[case[0] for case in POSTGRES]
)
def test_a_type_of_postgres_survives(
    kept: Catalogued,
    tmp_path: Path,
    postgres_server: Server,
    postgres_execute: Execute,
    declared: str,
    texts: list[str],
    kind: str,
    wanted: list[str] | None,
) -> None:
    name = f"v{uuid4().hex}"
    postgres_execute(f"create table {name} (v {declared})")
    for text in texts:
        quoted = text.replace("'", "''")
        postgres_execute(f"insert into {name} values ('{quoted}')")
    postgres_execute(f"insert into {name} values (null)")
    read = Reader(kept, tmp_path, "postgres", settings_of(postgres_server, "postgres"))
    found = read(name)
    assert found == (kind, [*(wanted or texts), None])


def test_enums_domains_and_composites_of_postgres_survive(
    kept: Catalogued, tmp_path: Path, postgres_server: Server, postgres_execute: Execute
) -> None:
    own = uuid4().hex
    postgres_execute(f"create type mood{own} as enum ('good', 'bad')")
    postgres_execute(f"create domain price{own} as numeric(8, 3)")
    postgres_execute(f"create type place{own} as (x int, y text)")
    read = Reader(kept, tmp_path, "postgres", settings_of(postgres_server, "postgres"))
    for declared, value, wanted in (
        (f"mood{own}", "'bad'", ("VARCHAR", ["bad"])),
        (f"price{own}", "1.125", ("DECIMAL(8,3)", ["1.125"])),
        (f"place{own}", "row(1, 'a')", ("JSON", ['{"x":1,"y":"a"}'])),
    ):
        postgres_execute(f"create table {declared}_t (v {declared})")
        postgres_execute(f"insert into {declared}_t values ({value})")
        assert read(f"{declared}_t") == wanted


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("numeric(5, 2)", "'NaN'"),
        ("int[]", "'{{1,2},{3,4}}'"),
        ("timestamp", "'294276-12-31 23:59:59'"),
    ],
    ids=["NaN", "two dimensions", "late moment"],
)
def test_a_value_without_a_place_is_refused_and_taken_as_text_where_declared(
    kept: Catalogued,
    tmp_path: Path,
    postgres_server: Server,
    postgres_execute: Execute,
    declared: str,
    value: str,
) -> None:
    name = f"v{uuid4().hex}"
    postgres_execute(f"create table {name} (v {declared})")
    postgres_execute(f"insert into {name} values ({value})")
    read = Reader(kept, tmp_path, "postgres", settings_of(postgres_server, "postgres"))
    with pytest.raises(TaskFailed) as caught:
        read(name)
    assert caught.value.code == "SRC047"
    assert "`v`" in str(caught.value)
    assert read(name, v="VARCHAR") == ("VARCHAR", [value.strip("'")])


MYSQL = [
    ("tinyint unsigned", ["0", "255"], "UTINYINT", None),
    ("bigint unsigned", ["18446744073709551615"], "UBIGINT", None),
    ("bigint", ["-9223372036854775808"], "BIGINT", None),
    ("decimal(38, 10)", ["-9999999999999999999999999999.9999999999"], "DECIMAL(38,10)", None),
    ("decimal(65, 30)", ["1.5"], "VARCHAR", ["1.500000000000000000000000000000"]),
    ("float", ["16777217", "1.1"], "FLOAT", ["16777216.0", "1.1"]),
    ("double", ["0.1"], "DOUBLE", None),
    ("varchar(9) character set latin1", ["é"], "VARCHAR", None),
    ("text", ["", "ä😀'\"\\\\\n"], "VARCHAR", ["", "ä😀'\"\\\n"]),
    ("blob", ["ab"], "BLOB", None),
    ("date", ["1000-01-01", "9999-12-31"], "DATE", None),
    ("datetime(6)", ["2026-03-29 02:30:00.123456"], "TIMESTAMP", None),
    ("timestamp(6)", ["2026-03-29 02:30:00.123456"], "TIMESTAMP WITH TIME ZONE",
     ["2026-03-29 02:30:00.123456+00"]),
    ("time(6)", ["23:59:59.999999", "00:00:00"], "TIME", None),
    ("year", ["2026"], "SMALLINT", None),
    ("json", ['{"a": 1}'], "VARCHAR", None),
    ("enum('a', 'b')", ["b"], "VARCHAR", None),
    ("set('a', 'b')", ["a,b"], "VARCHAR", None),
    ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], "VARCHAR", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "texts", "kind", "wanted"), MYSQL, ids=[case[0] for case in MYSQL]
)
def test_a_type_of_mariadb_survives(
    kept: Catalogued,
    tmp_path: Path,
    mariadb_server: Server,
    mariadb_execute: Execute,
    declared: str,
    texts: list[str],
    kind: str,
    wanted: list[str] | None,
) -> None:
    name = f"v{uuid4().hex}"
    mariadb_execute(f"create table {name} (n int primary key auto_increment, v {declared} null)")
    for text in texts:
        quoted = text.replace("'", "''")
        mariadb_execute(f"insert into {name} (v) values ('{quoted}')")
    mariadb_execute(f"insert into {name} (v) values (null)")
    read = Reader(kept, tmp_path, "mysql", settings_of(mariadb_server, "shop"))
    mariadb_execute(f"create view w{name} as select v from {name}")
    found = read(f"w{name}")
    assert found == (kind, [*(wanted or texts), None])


@pytest.mark.parametrize(
    ("declared", "value"), [("date", "0000-00-00"), ("time", "-12:00:00"), ("time", "100:00:00")]
)
def test_a_moment_that_is_none_is_refused_and_taken_as_text_where_declared(
    kept: Catalogued,
    tmp_path: Path,
    mariadb_server: Server,
    mariadb_execute: Execute,
    declared: str,
    value: str,
) -> None:
    name = f"v{uuid4().hex}"
    mariadb_execute("set session sql_mode = ''")
    mariadb_execute(f"create table {name} (v {declared})")
    mariadb_execute(f"insert into {name} values ('{value}')")
    read = Reader(kept, tmp_path, "mysql", settings_of(mariadb_server, "shop"))
    with pytest.raises(TaskFailed) as caught:
        read(name)
    assert (caught.value.code, value in str(caught.value)) == ("SRC047", False)
    assert read(name, v="VARCHAR") == ("VARCHAR", [value])


SQLITE: list[tuple[str, list[Any], str, list[str]]] = [
    ("integer", [-(2**63), 2**63 - 1], "BIGINT", ["-9223372036854775808", "9223372036854775807"]),
    ("varchar(9)", ["ä", 5], "VARCHAR", ["ä", "5"]),
    ("real", [0.1, 1], "DOUBLE", ["0.1", "1.0"]),
    ("decimal(10, 2)", [0.1, 12], "DECIMAL(10,2)", ["0.10", "12.00"]),
    ("numeric", [0.30000000000000004, 7], "VARCHAR", ["0.30000000000000004", "7"]),
    ("boolean", [0, 1], "BOOLEAN", ["false", "true"]),
    ("blob", [b"ab"], "BLOB", ["ab"]),
    ("datetime", ["2026-01-01 00:00:00"], "VARCHAR", ["2026-01-01 00:00:00"]),
    ("", [1, "a", 2.5], "VARCHAR", ["1", "a", "2.5"]),
]


@pytest.mark.parametrize(
    ("declared", "values", "kind", "wanted"), SQLITE, ids=[case[0] for case in SQLITE]
)
def test_a_type_of_sqlite_survives(
    kept: Catalogued,
    tmp_path: Path,
    declared: str,
    values: list[Any],
    kind: str,
    wanted: list[str],
) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute(f"create table t (v {declared})")
        connection.executemany("insert into t values (?)", [(value,) for value in [*values, None]])
    connection.close()
    read = Reader(kept, tmp_path, "sqlite", (("path", "s.db"),))
    assert read("t") == (kind, [*wanted, None])


@pytest.mark.parametrize(
    ("declared", "value"), [("integer", "text"), ("decimal(9, 2)", 0.125), ("boolean", 2)]
)
def test_a_value_that_does_not_suit_its_column_in_sqlite_is_refused(
    kept: Catalogued, tmp_path: Path, declared: str, value: Any
) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute(f"create table t (v {declared})")
        connection.execute("insert into t values (?)", (value,))
    connection.close()
    read = Reader(kept, tmp_path, "sqlite", (("path", "s.db"),))
    with pytest.raises(TaskFailed) as caught:
        read("t")
    assert caught.value.code == "SRC047"
    assert read("t", v="VARCHAR") == ("VARCHAR", [str(value)])


DUCKDB = [
    ("hugeint", ["99999999999999999999999999999999999999"], "DECIMAL(38,0)", None),
    ("ubigint", ["18446744073709551615"], "UBIGINT", None),
    ("decimal(38, 10)", ["-9999999999999999999999999999.9999999999"], "DECIMAL(38,10)", None),
    ("timestamptz", ["infinity", "2026-01-01 00:00:00+00"], "TIMESTAMP WITH TIME ZONE", None),
    ("timestamp_ns", ["2026-01-01 00:00:00.123456789"], "TIMESTAMP_NS", None),
    ("time", ["23:59:59.999999"], "TIME", None),
    ("interval", ["1 year 2 days"], "VARCHAR", None),
    ("json", ['{"a":1}'], "JSON", None),
    ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], "UUID", None),
    ("bit", ["1010"], "VARCHAR", None),
    ("enum('a', 'b')", ["b"], "VARCHAR", None),
    ("integer[2]", ["[1, 2]"], "INTEGER[]", None),
    ("struct(a integer, b uuid)", ["{'a': 1, 'b': 123e4567-e89b-12d3-a456-426614174000}"],
     'STRUCT("a" INTEGER, b UUID)', None),
    ("map(varchar, integer)", ["{a=1}"], "MAP(VARCHAR, INTEGER)", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "texts", "kind", "wanted"), DUCKDB, ids=[case[0] for case in DUCKDB]
)
def test_a_type_of_duckdb_survives(
    kept: Catalogued,
    tmp_path: Path,
    declared: str,
    texts: list[str],
    kind: str,
    wanted: list[str] | None,
) -> None:
    with duckdb.connect(str(tmp_path / "d.db")) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create table t (v {declared})")
        for text in [*texts, None]:
            connection.execute(f"insert into t select cast(? as {declared})", [text])
    read = Reader(kept, tmp_path, "duckdb", (("path", "d.db"),))
    found = read("t")
    assert found[1] == [*(wanted or texts), None]
    assert found[0].replace('"', "") == kind.replace('"', "")
