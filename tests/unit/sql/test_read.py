"""What reading finds in a query."""

from __future__ import annotations

import pytest

from andon.sql.opaque import read_opaque
from andon.sql.parse import NotParsed
from andon.sql.read import read_sql


def reads(sql: str) -> tuple[str, ...]:
    """Names of the tables a query reads."""
    return read_sql(sql, 0, "a.sql")[0].reads


def codes(sql: str, *, seeded: bool = False) -> list[str]:
    """Codes of the problems of a query."""
    return [problem.code for problem in read_sql(sql, 0, "a.sql", seeded=seeded)[1]]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 as a", ()),
        ('select * from "S"."T"', ("s.t",)),
        ("select * from a.b.c", ("a.b.c",)),
        ("select * from lonely", ("lonely",)),
        ("with t as (from a.b) from t", ("a.b",)),
        ("with t as (from t) from t", ("t",)),
        ("with recursive t as (select 1 as x union all from t) from t", ()),
        ("with t as (from a.b), u as (from t) from u", ("a.b",)),
        ("with u as (from t), t as (from a.b) from u", ("t", "a.b")),
        ("from a.b where x in (with t as (from c.d) from t)", ("a.b", "c.d")),
        ("from (with t as (from c.d) from t), t", ("c.d", "t")),
        ("with T as (from a.b) select * from t join t as u using (x)", ("a.b",)),
        ("with t as (from a.b) from x.t", ("a.b", "x.t")),
        ("with t as (with u as (from a.b) from u) from t, u", ("a.b", "u")),
        ("from range(3) r(i)", ()),
        ("from my_macro(1)", ()),
        ("select s.f.g from a.b s", ("a.b",)),
    ],
)
def test_tables_are_those_that_are_no_expressions_in_scope(
    sql: str, expected: tuple[str, ...]
) -> None:
    assert reads(sql) == expected


def test_spans_count_characters_of_the_whole_file() -> None:
    header = "/* ü€𝄞 */ "
    body, _ = read_sql(header + "select 'ß', a.b.x from a.b", len(header), "a.sql")
    (table,) = body.tables
    assert body.text[table.span.start : table.span.end] == "a.b"
    assert body.text[body.drops[0].start : body.drops[0].end] == "a."


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("select now() as n", ["timestamptz"]),
        ("select NOW ( ) as n", ["timestamptz"]),
        ("select current_date as d", ["date"]),
        ("select t.current_date from a.b t", []),
        ('select "current_date" from a.b', []),
        ("select x as current_date from a.b", []),
        ("select now from a.b", []),
        ("select 'now()' as s -- now()", []),
        ("select localtime as l, localtimestamp as m", ["time", "timestamp"]),
    ],
)
def test_clocks_are_functions_and_never_columns(sql: str, kinds: list[str]) -> None:
    assert [kind for _, kind in read_sql(sql, 0, "a.sql")[0].clocks] == kinds


def test_parameters_and_functions_are_named_once() -> None:
    body, _ = read_sql("select Sum(x), sum(y), my_f($p, $p) from a.b where x in (1)", 0, "a.sql")
    assert body.parameters == ("p",)
    assert body.functions == ("sum", "my_f")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("", "SQL001"),
        ("select 1 as a; select 2 as a", "SQL001"),
        ("insert into a.b values (1)", "SQL002"),
        ("create table x as select 1", "SQL002"),
        ("from read_csv('x.csv')", "SQL003"),
        ("from READ_Parquet('x')", "SQL003"),
        ("from 'x.csv'", "SQL003"),
        ('select * from "x.csv" t', "SQL003"),
        ("from query('select 1')", "SQL003"),
        ("from duckdb_secrets()", "SQL003"),
        ("from a.b join 'x.parquet' using (k)", "SQL003"),
        ("select random() as r", "SQL004"),
        ("select gen_random_uuid() as r", "SQL004"),
        ("from a.b using sample 10%", "SQL004"),
        ("select age(x) as a from a.b", "SQL005"),
        ("select ? as a", "SQL006"),
        ("select $1 as a", "SQL006"),
        ("select a.t.x, b.t.y from a.t join b.t using (k)", "SQL007"),
        ("from a.t join b.t using (k)", "SQL007"),
        ("from a.b where exists (from e.b where e.b.x = a.b.x)", "SQL007"),
        ("from a.b where exists (from c.d b where b.x = a.b.x)", "SQL007"),
        ("select (select max(x) from a.b)", "SQL008"),
        ("select now() - x from a.b", "SQL008"),
        ("select row_number() over () as r from a.b", "SQL020"),
        ("select lag(x) over (partition by y) as r from a.b", "SQL020"),
        ("select row_number() over (order by ts) as r from a.b", "SQL021"),
        ("select first(x) as f from a.b", "SQL022"),
        ("select list(x) filter (where y) as f from a.b", "SQL022"),
        ("select string_agg(x, ',') as f from a.b", "SQL022"),
        ("from a.b limit 3", "SQL023"),
        ("from (from a.b order by x union from c.d limit 1)", "SQL023"),
        ("select distinct on (x) x, y from a.b", "SQL024"),
    ],
)
def test_a_problem_has_its_code(sql: str, code: str) -> None:
    assert codes(sql) == [code]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from a.b using sample reservoir(5 rows) repeatable (1)",
        "from a.b using sample 10% (bernoulli, 7)",
        "select age(x, y) as a from a.b",
        "select row_number() over (order by ts, id) as r from a.b",
        "select row_number() over (order by order_id) as r from a.b",
        "select row_number() over w as r from a.b window w as (order by order_id)",
        "select first(x order by id) as f from a.b",
        "select list(x) within group (order by id) as f from a.b",
        "select first(x) over (order by id) as f from a.b",
        "select first, last from a.b",
        "from a.b order by id limit 3",
        "from a.b limit 0",
        "select exists(from a.b limit 1) as e",
        "select distinct on (x) x, y from a.b order by x, id",
        "select current_date from a.b",
        "select id from a.b where x > (select max(y) from c.d)",
        "select 'read_csv(x)' as s",
        "from a.t union all from b.t",
        "from a.t where k in (select k from b.t)",
        "with x as (from a.t), y as (from b.t) from x join y using (k)",
    ],
)
def test_sound_queries_have_no_problem(sql: str) -> None:
    assert codes(sql) == []


def test_a_seed_allows_random_but_not_the_clock_in_uuidv7() -> None:
    assert codes("select random() as r", seeded=True) == []
    assert codes("select uuidv7() as r", seeded=True) == ["SQL004"]


def test_a_problem_says_where() -> None:
    problem = read_sql("/* h */\nselect\n  random() as r", 8, "assets/x.sql")[1][0]
    assert str(problem.where) == "assets/x.sql:3:3"


def test_what_is_not_understood_says_where_in_the_file() -> None:
    with pytest.raises(NotParsed) as caught:
        read_sql("/* h */\nselect from where (", 8, "a.sql")
    assert caught.value.line == 2


def test_an_opaque_query_is_bound_by_what_the_engine_found() -> None:
    sql = "select a.b.x from a.b, c.d e where now() > e.t"
    body, problems = read_opaque(sql, 0, "a.sql", [("c.d", 23, 26), ("A.b", 18, 21)])
    assert body.is_opaque
    assert [(one.name, one.has_alias) for one in body.tables] == [("a.b", False), ("c.d", True)]
    assert [(one.start, one.end) for one in body.drops] == [(7, 9)]
    assert [kind for _, kind in body.clocks] == ["timestamptz"]
    assert [problem.code for problem in problems] == ["SQL009"]
