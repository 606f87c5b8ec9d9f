"""An interval is run again when the columns that it reads are other ones, though their values look alike."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import andon
from andon.execution.outcome import Outcome
from tests.factories import rows_of, write_files, write_project

SOURCE = "tables:\n  ev: {path: data/*.csv, columns: {seen: TIMESTAMP, a: INTEGER, b: INTEGER}}\n"
INTERVAL = "/* andon\nmaterialize: incremental\ninterval: {column: day, every: day}\n*/\n"
VOUCHED = (
    "/* andon\nmaterialize: incremental\n"
    "interval: {column: day, every: day, inputs: {m.u: seen}}\n*/\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    rows = "2026-01-01 10:00:00,1,2\n2026-01-02 10:00:00,3,4\n"
    write_project(tmp_path, {"sources/web.yml": SOURCE, "data/1.csv": "seen,a,b\n" + rows})
    return tmp_path


def begin(shop: Path, above: str, query: str, head: str = INTERVAL) -> None:
    write_files(shop, {"assets/m/u.sql": above + "\n", "assets/m/d.sql": f"{head}{query}\n"})
    run(shop)


def run(shop: Path) -> Outcome:
    with andon.open(shop) as project:
        report = project.run()
        assert report.status in ("done", "nothing"), report
        return next(one for one in report.outcomes if one.asset == "m.d")


def change(shop: Path, above: str) -> str:
    write_files(shop, {"assets/m/u.sql": above + "\n"})
    return run(shop).note


@pytest.mark.parametrize("head", [INTERVAL, VOUCHED])
@pytest.mark.parametrize("view", ["", "/* andon\nmaterialize: view\n*/\n"])
def test_columns_that_changed_names_are_read_again(shop: Path, head: str, view: str) -> None:
    query = "select seen::date as day, sum(x) as s from m.u group by all"
    begin(shop, view + "select seen, a as x, b as y from web.ev", query, head)
    assert change(shop, view + "select seen, a as y, b as x from web.ev") == "2 of 2 days"
    assert rows_of(shop, "select s::int from m.d order by all") == [(2,), (4,)]


@pytest.mark.parametrize("kind", ["bigint", "decimal(9,0)", "utinyint"])
def test_columns_that_changed_types_are_read_again(shop: Path, kind: str) -> None:
    begin(
        shop,
        "select seen, a::integer as x from web.ev",
        "select seen::date as day, typeof(x) as t from m.u",
    )
    assert change(shop, f"select seen, a::{kind} as x from web.ev") == "2 of 2 days"
    assert rows_of(shop, "select distinct t from m.d") == [(kind.upper(),)]


def test_a_day_that_becomes_a_moment_is_read_again(shop: Path) -> None:
    begin(
        shop,
        "select seen::date as seen, a from web.ev",
        "select seen::date as day, seen::varchar as t from m.u",
    )
    change(shop, "select seen::date::timestamp as seen, a from web.ev")
    assert rows_of(shop, "select min(t) from m.d") == [("2026-01-01 00:00:00",)]


def parquet(shop: Path, name: str, query: str) -> None:
    path = shop / f"files/{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")


def in_place(shop: Path, query: str) -> None:
    write_files(shop, {"sources/files.yml": "tables:\n  pq: {path: files/*.parquet}\n"})
    parquet(shop, "1", "select timestamp '2026-01-01 10:00:00' as seen, 5::integer as v")
    write_files(shop, {"assets/m/d.sql": f"{INTERVAL}{query}\n"})
    run(shop)


def test_files_served_in_place_are_read_again_when_a_column_widens(shop: Path) -> None:
    in_place(shop, "select seen::date as day, v::varchar as t from files.pq")
    parquet(shop, "2", "select timestamp '2026-01-02 10:00:00' as seen, 6.5::double as v")
    assert run(shop).note == "2 of 2 days"
    assert rows_of(shop, "select t from m.d order by all") == [("5.0",), ("6.5",)]


def test_files_served_in_place_are_read_again_when_another_type_is_declared(shop: Path) -> None:
    in_place(shop, "select seen::date as day, v::varchar as t from files.pq")
    source = "tables:\n  pq: {path: files/*.parquet, columns: {v: DOUBLE}}\n"
    write_files(shop, {"sources/files.yml": source})
    assert run(shop).note == "1 of 1 days"
    assert rows_of(shop, "select t from m.d") == [("5.0",)]


def test_a_column_that_nobody_reads_leaves_the_intervals_of_files_served_in_place(
    shop: Path,
) -> None:
    in_place(
        shop, "select seen::date as day, count(*) as n, sum(v) as v from files.pq group by all"
    )
    more = "select timestamp '2026-01-02 10:00:00' as seen, 'x' as w, 7::integer as v"
    parquet(shop, "2", more)
    assert run(shop).note == "1 of 2 days"


def test_a_query_that_reads_the_clock_runs_all_intervals_when_it_is_built(shop: Path) -> None:
    head = VOUCHED.replace("*/", "every: 1d\n*/")
    query = "select seen::date as day, now()::varchar as t from m.u"
    begin(shop, "select seen, a from web.ev", query, head)
    assert change(shop, "select seen, a from web.ev where a > 1") == "1 of 1 days"
    change(shop, "select seen, a from web.ev")
    assert rows_of(shop, "select count(distinct t) from m.d") == [(1,)]


def test_no_rows_have_the_digest_of_no_rows(shop: Path) -> None:
    query = "select seen::date as day, x from m.u"
    write_files(shop, {"assets/m/twin.sql": query + "\n"})
    begin(shop, "select seen, a as x from web.ev where false", query)
    with andon.open(shop) as project:
        outcomes = {one.asset: one.snapshot for one in project.run().outcomes}
    kept, full = outcomes["m.d"], outcomes["m.twin"]
    assert kept is not None
    assert full is not None
    assert kept.digest == full.digest
