"""Few rows stay in the memory of the engine while they are proved, and behave as written ones do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from andon.app.wiring.wire import memory_shares
from andon.engines.duckdb.engine import DuckDBEngine
from tests.factories import rows_of, write_project

RAW = {"sources/raw.yml": "tables:\n  t: {path: t.csv}\n", "t.csv": "n\n1\n"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(tmp_path, threads=1)
    yield opened
    opened.close()


def test_rows_held_at_the_same_time_are_apart(engine: DuckDBEngine) -> None:
    with engine.hold("select 1 as a", {}) as one, engine.hold("select 2 as a", {}) as two:
        assert one is not None
        assert two is not None
        assert engine.rows(f"from {one.table} union all from {two.table}") == [(1,), (2,)]


def test_a_place_that_was_given_back_is_used_again(engine: DuckDBEngine) -> None:
    with engine.hold("select 1 as a", {}) as one:
        pass
    with engine.hold("select 'x' as b", {"unread": 1}) as two:
        assert one is not None
        assert two is not None
        assert two.table == one.table
        assert engine.rows(f"from {two.table}") == [("x",)]


def test_parameters_are_bound(engine: DuckDBEngine) -> None:
    with engine.hold("select $low + 1 as a", {"low": 41}) as held:
        assert held is not None
        assert engine.rows(f"from {held.table}") == [(42,)]


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as a, 2 as A",
        "select 1 as a, 2 as a, 3 as a_1",
        "select 'a' collate nocase as a",
        'select 1 as "a\nb", 2 as "a\nb"',
    ],
)
def test_rows_that_would_behave_otherwise_are_not_held(engine: DuckDBEngine, query: str) -> None:
    with engine.hold(query, {}) as held:
        assert held is None


def test_a_name_that_only_looks_made_up_is_no_fault(tmp_path: Path) -> None:
    write_project(tmp_path, {**RAW, "assets/m/a.sql": "select n as a, n + 1 as a_1 from raw.t"})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, "from m.a") == [(1, 2)]


def test_a_macro_with_a_collation_lets_nothing_be_held(engine: DuckDBEngine) -> None:
    engine.define_macros(["create macro plain(x) as cast(x as varchar) collate nocase"])
    with engine.hold("select plain('a') as a", {}) as held:
        assert held is None


def test_keys_under_a_collation_are_judged_as_they_are_read(tmp_path: Path) -> None:
    query = "select unnest(['a', 'A']) collate nocase as k from raw.t"
    header = "/* andon\nchecks: [unique: k]\n*/\n"
    write_project(tmp_path, {**RAW, "assets/m/a.sql": header + query})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, "select count(distinct k) from m.a") == [(2,)]


def test_a_fault_of_held_rows_is_told_at_its_place(engine: DuckDBEngine) -> None:
    with (
        pytest.raises(andon.AndonError) as failure,
        engine.hold("select 1 as a,\n  nothing as b", {}),
    ):
        pass
    where = failure.value.problems[0].where
    assert where is not None
    assert (where.line, where.column) == (2, 3)


@pytest.mark.parametrize("rows", [20_000, 20_001])
def test_many_and_few_rows_give_the_same_table(tmp_path: Path, rows: int) -> None:
    write_project(
        tmp_path,
        {
            "sources/raw.yml": "tables:\n  t: {path: t.csv}\n",
            "t.csv": "n\n" + "\n".join(map(str, range(rows))) + "\n",
            "assets/m/a.sql": "/* andon\nchecks: [unique: n, not_null: n]\n*/\n"
            "select n, n % 7 as r, sum(n) over (partition by n % 7) as s from raw.t",
        },
    )
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, "select count(*), count(distinct n), min(s) > 0 from m.a") == [
        (rows, rows, True)
    ]


def test_few_rows_that_become_too_many_to_be_held_are_streamed(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "andon.toml": '[project]\n[settings]\nthreads = 1\nmemory = "160MB"\n',
            "sources/raw.yml": "tables:\n  t: {path: t.csv}\n",
            "t.csv": "n\n" + "\n".join(map(str, range(4000))) + "\n",
            "assets/m/a.sql": "/* andon\nchecks: [unique: [a, b]]\n*/\n"
            "select x.n as a, y.n as b, md5(x.n || ' ' || y.n) as t"
            " from raw.t x, raw.t y where y.n < 500 order by t",
        },
    )
    with andon.open(tmp_path) as project:
        report = project.run()
        assert report.status == "done", report
    assert rows_of(tmp_path, "select count(*) from m.a") == [(2_000_000,)]


def test_two_columns_of_one_name_are_told_where_rows_are_few(tmp_path: Path) -> None:
    write_project(tmp_path, {**RAW, "assets/m/a.sql": "select n as a, n + 1 as a from raw.t"})
    with andon.open(tmp_path) as project:
        (failed,) = [one for one in project.run().outcomes if one.word == "failed"]
    assert failed.problems[0].code == "ENG011"


def test_many_rows_leave_the_memory_when_they_are_given_back(engine: DuckDBEngine) -> None:
    for rows, kept in ((100_000, 1), (100_001, 0)):
        with engine.hold(f"select range as n from range({rows})", {}):
            pass
        assert engine.rows("select count(*) from duckdb_tables()") == [(kept,)]


def test_a_small_limit_is_shared_and_never_passed() -> None:
    for memory in (1 << 20, 8 << 20, 9 << 20, 96 << 20, 1 << 34):
        few, rest = memory_shares(memory)
        assert rest is not None
        assert few > 0
        assert rest >= memory // 2
        assert few + rest == memory


def test_a_python_asset_runs_once_whatever_its_checks_need(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nimport duckdb\nfrom andon import asset, unique\n\n\n"
        '@asset(inputs={"t": "raw.t"}, checks=[unique("n")])\n'
        "def a(t: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:\n"
        f"    with Path({str(tmp_path / 'calls')!r}).open('a') as calls:\n"
        "        calls.write('x')\n"
        "    return t.select('n')\n"
    )
    write_project(tmp_path, {**RAW, "assets/m/a.py": code})
    with andon.open(tmp_path) as project:
        report = project.run()
    assert report.status == "done", report
    assert (tmp_path / "calls").read_text() == "x"
