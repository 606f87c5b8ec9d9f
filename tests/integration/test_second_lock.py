"""The engine's own reading of a query is asked before it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from andon.app.wiring.wire import wire
from andon.engines.duckdb.engine import DuckDBEngine
from andon.engines.duckdb.words import is_suspect
from andon.execution.guard import guard_checks, second_reading
from andon.spec.check import SqlCheck
from andon.sql.body import Span, SqlBody, TableRef
from tests.factories import SHOP, rows_of, write_files, write_project


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(tmp_path, threads=1)
    yield opened
    opened.close()


def body_of(text: str, *reads: str) -> SqlBody:
    """A body as a parser would make it that saw only `reads`."""
    tables = (TableRef(name=name, span=Span(start=0, end=0), has_alias=False) for name in reads)
    return SqlBody(text=text, start=0, canonical=text, tables=tuple(tables))


def refused(engine: DuckDBEngine, text: str, *reads: str) -> list[str]:
    reading = second_reading(engine.reader, body_of(text, *reads), "assets/x.sql")
    return [problem.what for problem in reading.refused]


@pytest.mark.parametrize(
    "text",
    [
        "from staging.orders, (describe hidden.t)",
        "from staging.orders union all (table hidden.t)",
        "pivot hidden.t on c in (1, 2) using sum(x)",
        "from staging.orders o join hidden.t using (id) where c = '/'",
        "from staging.orders where id in (select id from hidden.t where c = '/')",
        "from (with t as (from hidden.t) from t) union all from staging.orders where c = '/'",
        "with recursive r as (from hidden.t union all from r) from r, staging.orders where c = '/'",
    ],
)
def test_a_table_that_was_not_told_is_refused(engine: DuckDBEngine, text: str) -> None:
    assert refused(engine, text, "staging.orders") == [
        "assets/x.sql reads the table `hidden.t` itself"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "select 1 as id union all select id from hidden.t",
        "select 1 as id where 1 in (select id from hidden.t)",
        "from (with t as (from hidden.t) from t)",
        "with recursive r as (from hidden.t union all from r) from r",
    ],
)
def test_a_plain_table_that_was_not_told_does_not_exist_for_the_engine(
    engine: DuckDBEngine, text: str
) -> None:
    assert not engine.reader.may_reach_out(text)
    with pytest.raises(andon.AndonError, match=r"hidden(\.t)? does not exist|\"hidden\""):
        engine.describe(text, {})


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("with x as (copy (select 1) to 'y') select * from x", "copy"),
        ("with x as (insert into t by position from range(3) returning *) from x", "insert"),
        ("with x as (update t set a = 1 returning *) from x", "update"),
        ("with x as (delete from t returning *) from x", "delete"),
        ("with x as (truncate t) from x", "delete"),
        ("select (with x as (copy (select 1) to 'y') select count(*) from x)", "copy"),
    ],
)
def test_a_query_with_a_part_that_writes_is_refused(
    engine: DuckDBEngine, text: str, by: str
) -> None:
    assert engine.reader.may_reach_out(text)
    for read in (engine.reader.parse_uses, engine.reader.parse_references):
        with pytest.raises(andon.AndonError, match=f"a part of it is `{by}`"):
            read(text)


def test_an_asset_that_would_overwrite_a_stored_file_is_refused(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    stored = next((tmp_path / ".andon/data").glob("staging.orders/*.parquet"))
    before = stored.read_bytes()
    query = f"with x as (copy (select 666) to '{stored}' (format parquet)) from x, staging.orders"
    write_files(tmp_path, {"assets/marts/bad.sql": query})
    with andon.open(tmp_path) as project, pytest.raises(andon.AndonError):
        project.run()
    assert stored.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "with x as (desc) select * from x",
        "from (desc all tables)",
        "select exists(desc)",
        "select 1 as a union all desc tables",
        "select 1 as a union all by name desc tables",
        "select 1 as a with no data",
        "select a from histogram('t', a)",
    ],
)
def test_short_and_odd_forms_are_parsed(engine: DuckDBEngine, text: str) -> None:
    assert engine.reader.may_reach_out(text)


@pytest.mark.parametrize(
    "text", ["select a from t order by a desc, b desc limit 3", "(from t order by a desc)"]
)
def test_an_order_that_descends_costs_no_second_parse(engine: DuckDBEngine, text: str) -> None:
    assert not engine.reader.may_reach_out(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from histogram('pg' || '_class', oid)", "query_table"),
        ("select * from histogram_values('sqlite' || '_master', name)", "histogram_values"),
        ("select json_serialize_plan('from ' || 'x') as a", "json_serialize_plan"),
    ],
)
def test_a_function_that_reads_what_a_text_names_is_refused(
    engine: DuckDBEngine, text: str, name: str
) -> None:
    assert f"assets/x.sql reads `{name}(...)` itself" in refused(engine, text)


def test_a_histogram_of_a_column_is_a_plain_aggregate(engine: DuckDBEngine) -> None:
    assert refused(engine, "select histogram(a) as h from m.t", "m.t") == []


def test_every_name_of_the_system_is_looked_at(engine: DuckDBEngine) -> None:
    rows = engine.rows(
        "select view_name from duckdb_views() where internal"
        " and schema_name <> 'information_schema'"  # reached by the name of their schema only
        " union select schema_name from duckdb_schemas() where internal"
        " union select database_name from duckdb_databases() where internal"
        " union select function_name from duckdb_functions()"
        " where function_type in ('table', 'table_macro', 'pragma')"
    )
    harmless = {
        "generate_series",  # they make rows of their arguments
        "json_each",
        "json_tree",
        "range",
        "repeat",
        "repeat_row",
        "unnest",
    }
    assert {name for (name,) in rows if not is_suspect(name)} == harmless


@pytest.mark.parametrize(
    "word",
    [
        "'a.csv'",
        '"a/b"',
        "e'a'",
        "x'61'",
        "'duckdb_tables'",
        '"pg_class"',
        "$$a$$",
        "`a`",
        "é",
        ";",
        "andon_held",
        '"andon_held"',
        "'a\nb'",
        '"a""b"',
        "'a''b'",
        "information_schema",
    ],
)
def test_a_word_that_is_or_may_hide_a_name_of_the_outside_is_looked_at(word: str) -> None:
    assert is_suspect(word)


@pytest.mark.parametrize(
    "word",
    ["amount", '"my column"', "'2026-01-01'", "'open'", "''", "1.5", "1e5", "->>", "$", "::"],
)
def test_a_plain_word_costs_no_second_parse(word: str) -> None:
    assert not is_suspect(word)


@pytest.mark.parametrize(
    "text",
    [
        "select 1; select 2",
        "describe t",
        "copy t to 'x'",
        "insert into t values (1)",
        "",
        "-- nothing",
        "(show tables)",
        "select 1 /* a */ ; /* b */",
    ],
)
def test_what_is_not_one_plain_query_is_parsed(engine: DuckDBEngine, text: str) -> None:
    assert engine.reader.may_reach_out(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("select read_text('x')", "read_text"),
        ("select main.read_text('x')", "read_text"),
        ("from (from read_csv('x.csv'))", "read_csv"),
        ("select list_transform([1], lambda x: getenv('HOME'))", "getenv"),
        ("from duckdb_settings()", "duckdb_settings"),
        ("from query('select 1')", "query"),
    ],
)
def test_a_function_that_reads_the_outside_is_refused(
    engine: DuckDBEngine, text: str, name: str
) -> None:
    assert refused(engine, text) == [f"assets/x.sql reads `{name}(...)` itself"]


@pytest.mark.parametrize(
    "text",
    [
        "from (show databases)",
        "from 'x.csv'",
        "from duckdb_tables",
        "from sqlite_master",
        "table t",
    ],
)
def test_what_the_engine_knows_without_a_table_is_refused(engine: DuckDBEngine, text: str) -> None:
    assert len(refused(engine, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "with a as (from Staging.ORDERS), b as (from a) select *, count(*) over () from b, a",
        'select x.id from "staging"."orders" x where x.id between 1 and 2 -- from hidden.t',
        "select 'from hidden.t', {'a': [1, 2]}, $p + 1 from staging.orders;",
        "pivot staging.orders on c in ('a', 'b') using sum(x)",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) from r",
        "pivot staging.orders on c using sum(x)",
    ],
)
def test_what_was_told_passes(engine: DuckDBEngine, text: str) -> None:
    assert refused(engine, text, "staging.orders") == []


def test_a_check_file_that_reads_more_than_it_told_is_refused(engine: DuckDBEngine) -> None:
    text = "from staging.orders where id in (table hidden.t)"
    body = body_of(text, "staging.orders")
    check = SqlCheck(path="checks/c.sql", sql=text, reads=body.reads, body=body)
    with pytest.raises(andon.AndonError, match="checks/c.sql reads the table `hidden.t`"):
        guard_checks(engine.reader, (check,))


def test_tables_without_a_place_are_found_in_the_text(engine: DuckDBEngine) -> None:
    sql = 'select * from (describe staging.orders), (describe "b" . c)'
    assert engine.reader.parse_references(sql) == [
        ("staging.orders", sql.index("staging"), sql.index(")")),
        ("b.c", sql.index('"b"'), len(sql) - 1),
    ]


def test_assets_and_queries_run_behind_the_lock(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, "with o as (from staging.orders) select count(*) from o") == [(3,)]


def test_the_second_lock_costs_less_than_a_few_milliseconds(engine: DuckDBEngine) -> None:
    text = "select id, sum(x) as x from staging.orders where c <> '/' group by all"
    body = body_of(text, "staging.orders")
    assert engine.reader.may_reach_out(text)
    took = []
    for _ in range(50):
        began = time.perf_counter()
        assert not second_reading(engine.reader, body, "x.sql").refused
        took.append(time.perf_counter() - began)
    assert min(took) < 0.005


def test_sql_reaches_the_data_of_the_store_and_nothing_else_of_it(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
        tools = wire(tmp_path, project.spec)
    own = tmp_path / ".andon"
    data = next((own / "data").rglob("*.parquet"))
    raw = next(path for path in (own / "raw").rglob("*") if path.is_file())
    try:
        rows = tools.tools.engine().rows
        assert rows(f"select count(*) from read_parquet('{data}')")
        assert rows(f"select count(*) from read_text('{raw}')")
        for path in (own / "catalog.sqlite", *(own / "export").iterdir(), tmp_path / "andon.toml"):
            with pytest.raises(andon.AndonError, match="ENG008"):
                rows(f"select size from read_blob('{path}')")
    finally:
        tools.close()
