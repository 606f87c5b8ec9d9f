"""Reading tables of databases: what is asked again, what is refused, what is seen together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from andon.app.wiring.doors import DOORS
from andon.errors import AndonError, TaskFailed, Unavailable
from andon.names import AssetName
from andon.sources.databases.origin import DatabaseTables
from andon.spec.origin import DatabaseOrigin, Secret, Setting
from andon.spec.source import SourceTable
from tests.databases import ADMIN, PASSWORD, Execute, Server, free_port
from tests.landing import NOON, Catalogued, catalogued


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Catalogued]:
    (tmp_path / "secret").write_text(PASSWORD)
    with catalogued(tmp_path) as made:
        yield made


@pytest.fixture
def name(postgres_execute: Execute) -> str:
    """A table with a number, a word and a moment that grows."""
    made = f"t{uuid4().hex}"
    postgres_execute(
        f"create table {made} (id int primary key, word text, seen timestamptz not null)"
    )
    return made


@pytest.fixture
def read(kept: Catalogued, tmp_path: Path) -> Iterator[Any]:
    """Lands a table of the server in a new run, and gives its rows."""
    origins: list[DatabaseTables] = []

    def land(table: SourceTable, columns: str = "id, word") -> list[tuple[Any, ...]]:
        origins.append(DatabaseTables(tmp_path, kept.store, lambda: kept.engine, DOORS, waits_s=()))
        kept.land(origins[-1], table)
        return kept.read(table, columns)

    yield land
    for origin in origins:
        origin.close()


def table_of(server: Server, relation: str, **declared: Any) -> SourceTable:
    settings: dict[str, Setting] = {
        "database": "postgres",
        "host": "127.0.0.1",
        "password": Secret(via="file", name="secret"),
        "port": str(server.port),
        "user": ADMIN,
    }
    settings.update(declared.pop("settings", {}))
    own = {word: declared.pop(word) for word in ("key", "columns") if word in declared}
    return SourceTable(
        name=AssetName("shop.rows"),
        source="shop",
        origin=DatabaseOrigin(
            kind="postgres", settings=tuple(sorted(settings.items())), relation=relation, **declared
        ),
        format="parquet",
        **own,
    )


def moment(minute: int) -> str:
    return f"'2026-03-29 00:00+00'::timestamptz + interval '{minute} minutes'"


def test_rows_that_commit_late_are_found_within_the_lag(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen", lag_s=600.0)
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)}), (9, 'z', {moment(100)})")
    read(table)
    postgres_execute(f"insert into {name} values (2, 'late', {moment(95)})")
    assert read(table) == [(1, "a"), (2, "late"), (9, "z")]


def test_equal_rows_at_the_boundary_are_as_many_as_there_are(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"alter table {name} drop constraint {name}_pkey")
    table = table_of(postgres_server, name, mode="append", cursor="seen", chunk_rows=2)
    postgres_execute(f"insert into {name} select 1, 'same', {moment(1)} from generate_series(1, 5)")
    read(table)
    postgres_execute(f"insert into {name} select 1, 'same', {moment(1)} from generate_series(1, 3)")
    assert read(table) == [(1, "same")] * 8


@pytest.mark.parametrize("chunk_rows", [1, 4])
def test_a_chunk_may_end_between_equal_values(
    postgres_server: Server,
    postgres_execute: Execute,
    name: str,
    kept: Catalogued,
    tmp_path: Path,
    chunk_rows: int,
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen", chunk_rows=chunk_rows)
    postgres_execute(
        f"insert into {name} select n, 'w', {moment(0)} + (n / 3) * interval '1 s'"
        " from generate_series(1, 10) n"
    )
    for _ in range(20):
        origin = DatabaseTables(tmp_path, kept.store, lambda: kept.engine, DOORS)
        if not kept.land(origin, table, most_batches=1):
            break
    assert kept.read(table, "id") == [(number,) for number in range(1, 11)]


@pytest.mark.parametrize("size", ["8, 2", "30, 2"])
def test_a_decimal_cursor_goes_by_numbers_and_not_by_their_texts(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any, size: str
) -> None:
    postgres_execute(f"alter table {name} add column price numeric({size}) not null")
    table = table_of(postgres_server, name, mode="append", cursor="price", chunk_rows=1)
    numbers = (-2, 9, 10, 100)
    rows = ", ".join(f"({at}, 'w', {moment(0)}, {price})" for at, price in enumerate(numbers))
    postgres_execute(f"insert into {name} values {rows}")
    read(table)
    postgres_execute(f"insert into {name} values (4, 'w', {moment(0)}, 101.5)")
    found = read(table, "id, price::varchar")
    assert found == [
        (0, "-2.00"), (1, "9.00"), (2, "10.00"), (3, "100.00"), (4, "101.50"),
    ]  # fmt: skip


def test_a_merged_row_is_replaced_and_a_deleted_one_goes(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(
        postgres_server, name, mode="merge", cursor="seen", deletes=True, key=("id",)
    )  # fmt: skip
    postgres_execute(f"insert into {name} select n, 'w', {moment(1)} from generate_series(1, 4) n")
    read(table)
    postgres_execute(f"update {name} set word = 'new', seen = {moment(2)} where id = 2")
    postgres_execute(f"delete from {name} where id = 3")
    assert read(table) == [(1, "w"), (2, "new"), (4, "w")]


def test_a_row_that_came_back_unchanged_is_there_again(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(
        postgres_server, name, mode="merge", cursor="seen", deletes=True, key=("id",)
    )  # fmt: skip
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)}), (2, 'b', {moment(1)})")
    read(table)
    postgres_execute(f"delete from {name} where id = 2")
    assert read(table) == [(1, "a")]
    postgres_execute(f"insert into {name} values (2, 'b', {moment(1)})")
    assert read(table) == [(1, "a"), (2, "b")]


def test_a_row_changed_and_changed_back_at_the_same_moment_is_as_it_is(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="merge", cursor="seen", key=("id",))
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    for word in ("b", "a"):
        postgres_execute(f"update {name} set word = '{word}'")
        assert read(table) == [(1, word)]


def test_a_new_column_is_null_in_older_rows_and_doubles_none(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen")
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    read(table)
    postgres_execute(f"alter table {name} add column price numeric(8, 2) default 1.5")
    postgres_execute(f"insert into {name} values (2, 'b', {moment(2)}, 2.25)")
    rows = read(table, "id, price::varchar")
    assert rows == [(1, None), (2, "2.25")]


def test_a_dropped_and_a_widened_column_go_on(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen")
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    read(table)
    postgres_execute(f"alter table {name} drop column word")
    postgres_execute(f"alter table {name} alter column id type bigint")
    postgres_execute(f"insert into {name} values (3000000000, {moment(2)})")
    assert read(table) == [(1, "a"), (3_000_000_000, None)]


def test_a_moment_is_the_same_over_the_change_of_summer_time(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute("alter database postgres set timezone to 'Europe/Berlin'")
    try:
        table = table_of(postgres_server, name, mode="append", cursor="seen")
        postgres_execute(
            f"insert into {name} select n, 'w', {moment(0)} + n * interval '20 minutes'"
            " from generate_series(1, 12) n"
        )
        read(table)
        postgres_execute(f"insert into {name} values (13, 'w', {moment(260)})")
        rows = read(table, "id, (epoch_us(seen) / 60000000)::bigint")
        assert len(rows) == 13
        first = rows[0][1]
        assert [minute - first for _, minute in rows] == [20 * n for n in range(13)]
    finally:
        postgres_execute("alter database postgres reset timezone")


def test_tables_of_one_run_are_seen_in_one_state(
    postgres_server: Server,
    postgres_execute: Execute,
    name: str,
    kept: Catalogued,
    tmp_path: Path,
) -> None:
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    origin = DatabaseTables(tmp_path, kept.store, lambda: kept.engine, DOORS)
    table = table_of(postgres_server, name)
    arrivals = origin.look(table, (), None)
    list(origin.land(table, arrivals, (), "one", NOON))
    postgres_execute(f"insert into {name} values (2, 'b', {moment(2)})")
    again = [one for b in origin.land(table, arrivals, (), "one", NOON) for one in b.deliveries]
    origin.close()
    later = [one for b in origin.land(table, arrivals, (), "two", NOON) for one in b.deliveries]
    origin.close()
    assert again[0].content != later[0].content
    kept.known = again
    assert kept.read(table) == [(1, "a")]


def test_one_failing_table_leaves_the_state_of_the_others(
    postgres_server: Server,
    postgres_execute: Execute,
    name: str,
    kept: Catalogued,
    tmp_path: Path,
) -> None:
    origin = DatabaseTables(tmp_path, kept.store, lambda: kept.engine, DOORS)
    table, broken = table_of(postgres_server, name), table_of(postgres_server, "nowhere")
    arrivals = origin.look(table, (), None)
    list(origin.land(table, arrivals, (), "one", NOON))
    postgres_execute(f"insert into {name} values (2, 'b', {moment(2)})")
    with pytest.raises(TaskFailed):
        list(origin.land(broken, arrivals, (), "one", NOON))
    landed = list(origin.land(table, arrivals, (), "one", NOON))
    origin.close()
    kept.known = list(landed[0].deliveries)
    assert kept.read(table) == []


def failure(work: Any, *given: Any) -> AndonError:
    with pytest.raises(AndonError) as caught:
        work(*given)
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_wrong_password_names_host_and_user_and_never_itself(
    postgres_server: Server, name: str, read: Any, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("not-the-password")
    wrong = {"password": Secret(via="file", name="wrong")}
    error = failure(read, table_of(postgres_server, name, settings=wrong))
    assert error.code == "SRC041"
    assert f"127.0.0.1:{postgres_server.port}" in str(error)
    assert f"`{ADMIN}`" in str(error)
    assert "not-the-password" not in str(error)


def test_nobody_there_is_told_as_unavailable(name: str, read: Any, postgres_server: Server) -> None:
    table = table_of(postgres_server, name, settings={"port": str(free_port())})
    error = failure(read, table)
    assert isinstance(error, Unavailable)
    assert error.code == "SRC042"


def test_an_unknown_table_is_told_with_the_closest_name(
    postgres_server: Server, name: str, read: Any
) -> None:
    error = failure(read, table_of(postgres_server, f"{name}x"))
    assert (error.code, f"`{name}`" in error.problems[0].fix) == ("SRC043", True)


def test_an_unknown_cursor_is_told_with_the_closest_column(
    postgres_server: Server, name: str, read: Any
) -> None:
    error = failure(read, table_of(postgres_server, name, mode="append", cursor="wrd"))
    assert (error.code, "`word`" in error.problems[0].fix) == ("SRC043", True)


def test_a_table_that_may_not_be_read_is_told(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    reader = f"r{uuid4().hex}"
    postgres_execute(f"create role {reader} login password '{PASSWORD}'")
    error = failure(read, table_of(postgres_server, name, settings={"user": reader}))
    assert error.code == "SRC044"
    assert "permission denied" in str(error)


def test_a_query_that_writes_is_refused(postgres_server: Server, name: str, read: Any) -> None:
    query = f"with gone as (delete from {name} returning *) select * from gone"
    table = table_of(postgres_server, "", query=query)
    assert failure(read, table).code == "SRC044"


def test_a_value_of_a_row_is_in_no_message(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"insert into {name} values (1, 'very private', {moment(1)})")
    table = table_of(postgres_server, "", query=f"select word::int as word from {name}")
    assert "very private" not in str(failure(read, table))


def test_a_cursor_that_may_be_null_needs_a_lag(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"alter table {name} alter column seen drop not null")
    table = table_of(postgres_server, name, mode="append", cursor="seen")
    assert failure(read, table).code == "SRC045"
    assert isinstance(table.origin, DatabaseOrigin)
    read(replace(table, origin=replace(table.origin, lag_s=60.0)))


def test_rows_without_a_cursor_value_are_never_missed_unseen(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"alter table {name} alter column seen drop not null")
    postgres_execute(f"insert into {name} values (1, 'a', null)")
    table = table_of(postgres_server, name, mode="append", cursor="seen", lag_s=60.0)
    assert failure(read, table).code == "SRC045"


def test_a_floating_point_cursor_is_refused(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"alter table {name} add column weight float8 not null default 0")
    table = table_of(postgres_server, name, mode="append", cursor="weight")
    assert failure(read, table).code == "SRC045"


def test_a_cursor_that_goes_back_is_refused(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen")
    postgres_execute(f"insert into {name} values (1, 'a', {moment(60)})")
    read(table)
    postgres_execute(f"truncate {name}")
    assert failure(read, table).code == "SRC046"
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    assert failure(read, table).code == "SRC046"


def test_a_cursor_of_another_type_is_refused(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    table = table_of(postgres_server, name, mode="append", cursor="seen")
    postgres_execute(f"insert into {name} values (1, 'a', {moment(60)})")
    read(table)
    postgres_execute(f"alter table {name} alter column seen type date")
    error = failure(read, table)
    assert (error.code, "timestamptz" in str(error)) == ("SRC046", True)


def test_a_row_without_a_key_is_refused(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any
) -> None:
    postgres_execute(f"insert into {name} values (1, null, {moment(1)})")
    table = table_of(postgres_server, name, mode="merge", cursor="seen", key=("word",))
    assert failure(read, table).code == "SRC048"


def test_a_name_with_capitals_dots_and_quotes_is_read_as_it_is_spelled(
    postgres_server: Server, postgres_execute: Execute, read: Any
) -> None:
    postgres_execute('create schema if not exists "My.Schema"')
    postgres_execute('create table if not exists "My.Schema"."Big Orders" ("Id" int, "a""b" text)')
    postgres_execute('truncate "My.Schema"."Big Orders"')
    postgres_execute("""insert into "My.Schema"."Big Orders" values (1, 'x')""")
    rows = read(table_of(postgres_server, '"My.Schema".Big Orders'), '"Id", "a""b"')
    assert rows == [(1, "x")]


def test_a_connection_may_be_one_address(
    postgres_server: Server, postgres_execute: Execute, name: str, read: Any, tmp_path: Path
) -> None:
    postgres_execute(f"insert into {name} values (1, 'a', {moment(1)})")
    url = f"postgresql://{ADMIN}:{PASSWORD}@127.0.0.1:{postgres_server.port}/postgres"
    (tmp_path / "url").write_text(url)
    table = table_of(postgres_server, name)
    assert isinstance(table.origin, DatabaseOrigin)
    settings = (("url", Secret(via="file", name="url")),)
    table = replace(table, origin=replace(table.origin, settings=settings))
    assert read(table) == [(1, "a")]
    gone = replace(table, origin=replace(table.origin, relation="nowhere"))
    assert "127.0.0.1" in str(failure(read, gone))
