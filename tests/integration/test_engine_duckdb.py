"""The embedded engine on real files."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import AndonError, Cancelled, DataCorrupt, TaskFailed
from andon.schema import Column, Schema

SLOW = "select count(*) from range(100_000_000) a, range(100_000) b where a.range + b.range = 7"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(tmp_path, threads=2, memory_bytes=300 << 20)
    yield opened
    opened.close()


def store(engine: DuckDBEngine, query: str, path: Path) -> str:
    schema = engine.describe(query, {})
    engine.write(query, {}, schema, path)
    return engine.scan(schema, [path])


def failure(engine: DuckDBEngine, query: str) -> AndonError:
    with pytest.raises(AndonError) as raised:
        engine.rows(query)
    return raised.value


def told(error: AndonError) -> str:
    return " ".join(f"{p.what} {p.why} {p.fix}" for p in error.problems)


def test_parameters_are_bound_and_surplus_ones_ignored(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    query = "select $low as low, '$text' as text  -- a comment at the end"
    schema = engine.describe(query, {"low": 5, "unused": 1})
    written = engine.write(query, {"low": 5, "unused": 1}, schema, tmp_path / "a.parquet")
    assert written.rows == 1
    assert engine.rows(f"from {engine.scan(schema, [tmp_path / 'a.parquet'])}") == [(5, "$text")]


def test_a_parameter_without_value_is_told(engine: DuckDBEngine) -> None:
    with pytest.raises(TaskFailed, match="ENG002.*low"):
        engine.describe("select $low", {})


def test_columns_are_put_in_declared_order_and_type(engine: DuckDBEngine, tmp_path: Path) -> None:
    schema = Schema(
        (Column(name="b", type="DOUBLE"), Column(name="A", type="HUGEINT", stored="DECIMAL(38,0)"))
    )
    engine.write("select 1 as a, 2 as b", {}, schema, tmp_path / "a.parquet")
    scan = engine.scan(schema, [tmp_path / "a.parquet"])
    assert engine.describe(f"from {scan}", {}) == schema
    assert engine.rows(f"from {scan}") == [(2.0, 1)]


def test_order_by_decides_the_order_in_the_file(engine: DuckDBEngine, tmp_path: Path) -> None:
    query = "select range as i from range(300000) order by hash(range)"
    scan = store(engine, query, tmp_path / "a.parquet")
    reader = DuckDBEngine(tmp_path, threads=1)  # several threads read in any order
    before = "lag(hash(i)) over () as before"
    found = reader.rows(
        f"select count(*) from (select i, {before} from {scan}) where hash(i) < before"
    )
    reader.close()
    assert found == [(0,)]


def test_paths_with_wildcards_quotes_and_partitions_are_taken_literally(tmp_path: Path) -> None:
    root = tmp_path / "a[b]*? 'x' year=2020 é"
    root.mkdir()
    engine = DuckDBEngine(root, threads=1)
    scan = store(engine, "select 1 as a", root / "t.parquet")
    assert engine.rows(f"from {scan}") == [(1,)]
    engine.close()


def test_several_files_are_read_as_one_table(engine: DuckDBEngine, tmp_path: Path) -> None:
    paths = [tmp_path / f"{at}.parquet" for at in range(3)]
    for at, path in enumerate(paths):
        store(engine, f"select {at}::HUGEINT as v", path)
    schema = engine.describe("select 1::HUGEINT as v", {})
    assert engine.rows(f"select sum(v) from {engine.scan(schema, paths)}") == [(3,)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select 1; select 2", "ENG010"),
        ("create table t as select 1", "ENG010"),
        ("pivot (select 1 as a, 2 as b) on a using sum(b)", "ENG010"),
        ("select 1 as a, 2 as A", "ENG011"),
        ("select nothing", "ENG002"),
        ("selec 1", "ENG002"),
        ("from read_csv('/etc/passwd')", "ENG008"),
    ],
)
def test_what_is_no_storable_select_is_refused(engine: DuckDBEngine, query: str, code: str) -> None:
    with pytest.raises(TaskFailed) as refused:
        engine.describe(query, {})
    assert refused.value.code == code


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to '/tmp/andon-outside.csv'",
        "attach '/tmp/andon-outside.db'",
        "install httpfs",
        "set threads = 7",
        "set enable_external_access = true",
        "from glob('/etc/*')",
        "select getenv('HOME')",
    ],
)
def test_the_session_is_closed_to_the_outside(engine: DuckDBEngine, statement: str) -> None:
    assert isinstance(failure(engine, statement), TaskFailed)


def test_a_python_variable_is_no_table(engine: DuckDBEngine) -> None:
    secret = engine.relation("select 1 as a")
    assert failure(engine, "from secret").code == "ENG002"
    del secret


def test_the_session_is_in_utc(engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    shown = engine.rows("select timestamptz '2020-06-01 12:00:00+02'::VARCHAR")
    monkeypatch.undo()
    time.tzset()
    assert shown == [("2020-06-01 10:00:00+00",)]


@pytest.mark.parametrize(
    "query",
    [
        "select cast('SECRET' as INTEGER)",
        "select cast('it''s SECRET\n''x' as INTEGER)",
        "select strptime('SECRET', '%Y')",
        "select error('SECRET')",
        "select json_extract('{SECRET', '$.a')",
        "select cast('SECRET' as ENUM('a'))",
        "select cast('SECRET' as DATE)",
        "select cast('SECRET' as UUID)",
        "select cast('[1, SECRET' as INTEGER[])",
        "select cast(v as TINYINT) from (select 987654 as v)",
        "select 9223372036854775807 + v from (select 987654 as v)",
    ],
)
def test_messages_hold_no_values(engine: DuckDBEngine, query: str) -> None:
    error = failure(engine, query)
    assert error.code == "ENG009"
    assert "SECRET" not in told(error)
    assert "987654" not in told(error)


def test_a_fault_in_a_query_has_line_and_column(engine: DuckDBEngine, tmp_path: Path) -> None:
    query = "select\n  cast(v as INTEGER) as v\nfrom (select 'x' as v)"
    schema = engine.describe(query, {})
    with pytest.raises(TaskFailed) as raised:
        engine.write(query, {}, schema, tmp_path / "a.parquet")
    where = raised.value.problems[0].where
    assert where is not None
    assert (where.line, where.column) == (2, 3)


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
def test_a_damaged_file_is_named(engine: DuckDBEngine, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "damaged.parquet"
    scan = store(engine, "select range as v, hash(range)::VARCHAR as w from range(9999)", path)
    data = bytearray(path.read_bytes())
    match damage:
        case "truncated":
            path.write_bytes(data[:-20])
        case "altered":
            data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
            path.write_bytes(data)
        case _:
            path.unlink()
    error = failure(engine, f"select sum(v), max(w) from {scan}")
    assert isinstance(error, DataCorrupt)
    assert "damaged.parquet" in told(error)


def test_bytes_that_cannot_be_decoded_name_the_one_file_that_is_read(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    path = tmp_path / "altered.parquet"
    rows = store(engine, "select range as id, 'name' || range as n from range(5000)", path)
    sound = path.read_bytes()
    refused = []
    for at in range(len(sound) - 600, len(sound), 7):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0xA5]) + sound[at + 1 :])
        try:
            engine.rows(f"select count(*), max(id), max(n) from {rows}")
        except AndonError as error:
            refused.append(error)
    corrupt = [error for error in refused if error.code == "ENG006"]
    assert len(corrupt) > 10
    assert all("altered.parquet" in told(error) for error in corrupt)
    assert not [error for error in refused if error.code == "ENG009"]


def test_lack_of_memory_says_what_to_raise(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path, threads=1, memory_bytes=64 << 20, spill_bytes=1 << 20)
    assert failure(engine, "select list(range) from range(50_000_000)").code in ("ENG003", "ENG004")
    query = "select count(*) from (select distinct range || 'abcdefghijkl' from range(5_000_000))"
    assert failure(engine, query).code in ("ENG003", "ENG004")
    engine.close()


def test_an_interrupt_cancels_what_runs(engine: DuckDBEngine) -> None:
    timer = threading.Timer(0.2, engine.interrupt)
    timer.start()
    assert isinstance(failure(engine, SLOW), Cancelled)
    timer.join()
    assert engine.rows("select 1") == [(1,)]


def test_macros_are_replaced_in_order(engine: DuckDBEngine) -> None:
    engine.define_macros(["create macro one() as 1", "create macro two() as one() + 1"])
    engine.define_macros(["CREATE MACRO one() as 10"])
    assert engine.rows("select two()") == [(11,)]


def test_references_are_the_tables_that_are_no_ctes(engine: DuckDBEngine) -> None:
    sql = (
        "with c as (select * from raw.a), d as (from c)\n"
        "select 'é', (select max(x) from raw.\"B b\") from d join c using (x)\n"
        "where exists (with raw as (from s.t) from raw) and x in (from plain)"
    )
    found = engine.reader.parse_references(sql)
    assert [name for name, _, _ in found] == ["raw.a", "raw.B b", "s.t", "plain"]
    assert [sql[start:end] for _, start, end in found] == ["raw.a", 'raw."B b"', "s.t", "plain"]


def test_references_of_what_is_no_query_are_an_error(engine: DuckDBEngine) -> None:
    with pytest.raises(TaskFailed, match="ENG002"):
        engine.reader.parse_references("selec from")


def test_threads_write_and_read_at_once(engine: DuckDBEngine, tmp_path: Path) -> None:
    def work(at: int) -> list[tuple[int, int]]:
        query = f"select range::HUGEINT * {at} as v from range(2000)"
        scan = store(engine, query, tmp_path / f"{at}.parquet")
        return engine.rows(f"select count(*), sum(v) from {scan}")

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(40)))
    assert results == [[(2000, at * 1999000)] for at in range(40)]


def test_closing_removes_spilled_files_and_may_be_repeated(tmp_path: Path) -> None:
    spill = tmp_path / "spill" / "1"
    engine = DuckDBEngine(tmp_path, spill_dir=spill, threads=1, memory_bytes=40 << 20)
    engine.rows("select max(v) from (select hash(range) as v from range(4_000_000) order by v)")
    engine.close()
    engine.close()
    assert not spill.exists()
