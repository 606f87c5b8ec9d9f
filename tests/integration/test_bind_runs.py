"""A bound query gives the same columns and rows as the query as written over views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from andon.sql.bind import bind
from andon.sql.read import read_sql

if TYPE_CHECKING:
    import duckdb

TABLES = {
    "a.b": "(select * from (values (1, 'x', 10, {'f': 1}), (2, 'y', 20, {'f': 2}), (3, 'x', 30,"
    " {'f': 3})) v(id, k, n, s))",
    "c.d": "(select * from (values (1, 7), (3, 9)) v(id, m))",
    "e.b": "(select 1 as id, 100 as z)",
}
SHAPES = [
    "select * from a.b",
    "from a.b",
    "table a.b",
    "(table a.b)",
    "from a.b select id, k",
    "from a.b t select t.id",
    "select x.id from a.b as x",
    "select b.id from a.b",
    "select a.b.id from a.b",
    "select a.b.s.f from a.b",
    "select b.s.f, s.f as g from a.b",
    "select a.b.id + 1 as next from a.b",
    "select count(*) from a.b",
    "select count(*)from a.b",
    'select * from "a"."b"',
    'select "B"."ID" from "A"."B"',
    "select * from A.B where A.b.Id > 1",
    "select 'é€𝄞' as u, a.b.id from a.b -- 𝄞",
    "/* ünï */ select id from a.b; -- done",
    "select id from a.b;;",
    "select x, y from a.b t(x, y, z, s)",
    "select x from a.b as t(x)",
    "from x: a.b select x.id",
    "select * from a.b using sample 100%",
    "select id from a.b tablesample reservoir(100)",
    "select id from a.b as q tablesample 100 percent",
    "pivot a.b on k using sum(n) group by id",
    "from a.b pivot (sum(n) for k in ('x', 'y') group by id)",
    "unpivot (select id, n from a.b) on id, n into name w value v",
    "from (pivot a.b on k using sum(n) group by id)",
    "select * from c.d unpivot (v for w in (id, m))",
    "select a.b.id, c.d.m from a.b join c.d on a.b.id = c.d.id",
    "select * from a.b join c.d using (id)",
    "select * from a.b left join c.d using (id)",
    "select * from a.b natural join c.d",
    "select * from a.b semi join c.d using (id)",
    "select * from a.b anti join c.d using (id)",
    "select * from a.b positional join c.d",
    "select b.id, d.m from a.b asof join c.d on b.id >= d.id",
    "select b.id, d.m from a.b, c.d where b.id = d.id",
    "select p.id from a.b p, a.b q where p.id = q.id",
    "select id from a.b where exists (from c.d where c.d.id = a.b.id)",
    "select id, (select max(m) from c.d where c.d.id = a.b.id) as top from a.b",
    "select id from a.b where id in (select id from c.d)",
    "select b.id, l.m from a.b, lateral (select m from c.d where c.d.id = a.b.id) l",
    "with t as (select * from a.b) select * from t",
    "with b as (select * from a.b) select b.id from b",
    "with t as materialized (from a.b), u as (from t join c.d using (id)) from u",
    "with recursive t as (select 1 as i union all select i+1 from t where i<3) from t, a.b",
    "with recursive t as (select 1 as i union select b.id from a.b, t where b.id = t.i+1) from t",
    "with t as (with t as (from c.d) select id from t) from t join a.b using (id)",
    "select id from a.b union all select id from c.d order by id",
    "select id from a.b except select id from c.d",
    "from a.b union by name from c.d",
    "select * from (from a.b)",
    "select * from (a.b join c.d using (id))",
    "select * exclude (s) replace (n + 1 as n) from a.b",
    "select columns('i|n') from a.b",
    "select k, sum(n) as total from a.b group by all having sum(n) > 10 order by all",
    "select id, row_number() over w as r from a.b window w as (order by id)",
    "select id from a.b qualify row_number() over (partition by k order by id) = 1",
    "select id, [y * 2 for y in [id, n]] as l from a.b",
    "select id, list_transform([1], lambda y: y + a.b.id) as l from a.b",
    "select u.v from a.b, unnest([a.b.id, a.b.n]) u(v)",
    "select x.id, y.z from a.b x join e.b y using (id)",
    "select id, $p as p from a.b where id < $p",
    "values (1, 2)",
    "select case when a.b.id > 1 then a.b.k end as c from a.b",
    "select b from a.b",
    "select a.b from a.b",
    "select id from a.b order by a.b.n desc limit 2",
    "select r.i from range(2) r(i) join a.b on i = id",
    "with a as (select {'id': 5} as b) select a.b.id from a",
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with a view for each table."""
    import duckdb

    with duckdb.connect() as opened:
        for name, expression in TABLES.items():
            opened.execute(f"create schema if not exists {name.split('.')[0]}")
            opened.execute(f"create view {name} as from {expression}")
        yield opened


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[str]]:
    """Names of columns, and rows in an order of their own."""
    parameters = {"p": 3} if "$p" in sql else None
    result = connection.execute(sql, parameters)
    names = [column[0] for column in result.description or ()]
    return names, sorted(map(repr, result.fetchall()))


@pytest.mark.parametrize("sql", SHAPES)
def test_a_bound_query_gives_what_the_written_one_gives(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> None:
    header = "/* andon\nöwner: x */\n"
    body, problems = read_sql(header + sql, len(header), "a.sql", seeded=True)
    assert not [problem for problem in problems if problem.severity == "error"]
    bound = bind(body, {name: f"(from {TABLES[name]})" for name in body.reads}, None)
    assert rows(connection, bound) == rows(connection, sql)
    assert rows(connection, f"from ({bound})")[1] == rows(connection, sql)[1]


@pytest.mark.parametrize(
    "clock",
    (
        "now() current_timestamp current_date today() localtimestamp current_time localtime"
        " get_current_timestamp() transaction_timestamp() current_date()"
    ).split(),
)
def test_a_clock_keeps_its_type_and_its_name(
    connection: duckdb.DuckDBPyConnection, clock: str
) -> None:
    sql = f"select id, {clock} from a.b"
    body, problems = read_sql(sql, 0, "a.sql")
    assert not problems
    bound = bind(body, TABLES, datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
    written, rebuilt = connection.sql(sql), connection.sql(bound)
    assert (written.columns, written.types) == (rebuilt.columns, rebuilt.types)
    assert rows(connection, bound) == rows(connection, bound)
