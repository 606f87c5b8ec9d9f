"""Every type of the engine is written and read with equal type and values, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from andon.engines.duckdb.engine import DuckDBEngine
from andon.engines.duckdb.types import literal
from andon.errors import TaskFailed

NESTED = "UNION(k HUGEINT, s VARCHAR, tag ENUM('a', 'b'))"
VALUES: dict[str, tuple[str, ...]] = {
    "BOOLEAN": ("true", "false"),
    "TINYINT": ("-128", "127", "0"),
    "SMALLINT": ("-32768", "32767"),
    "INTEGER": ("-2147483648", "2147483647"),
    "BIGINT": ("-9223372036854775808", "9223372036854775807"),
    "HUGEINT": ("-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
    "UTINYINT": ("0", "255"),
    "USMALLINT": ("0", "65535"),
    "UINTEGER": ("0", "4294967295"),
    "UBIGINT": ("0", "18446744073709551615"),
    "UHUGEINT": ("0", "340282366920938463463374607431768211455"),
    "BIGNUM": ("0", "-" + "9" * 60, "1" + "0" * 300),
    "FLOAT": ("nan", "inf", "-inf", "-0.0", "3.4028235e38", "1.4e-45"),
    "DOUBLE": ("nan", "inf", "-inf", "-0.0", "1.7976931348623157e308", "5e-324", "0.1"),
    "DECIMAL(4,1)": ("-999.9", "999.9"),
    "DECIMAL(9,9)": ("-0.999999999",),
    "DECIMAL(18,3)": ("-999999999999999.999",),
    "DECIMAL(38,0)": ("-" + "9" * 38,),
    "DECIMAL(38,38)": ("0." + "9" * 38,),
    "VARCHAR": ("", "NULL", "ünï\u2028code 🙂", "it's", "x" * 5000, " ", "\n"),
    "BLOB": ("", "\\x00\\xFF", "abc"),
    "JSON": ('{"a": [1, null]}', "null", "1.0"),
    "UUID": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "BIT": ("0", "1", "01", "10101010101010101"),
    "ENUM('a', 'b, c', 'it''s')": ("a", "b, c", "it's"),
    "DATE": ("infinity", "-infinity", "5877642-06-25 (BC)", "5881580-07-10", "1970-01-01"),
    "TIME": ("00:00:00", "24:00:00", "23:59:59.999999"),
    "TIME_NS": ("00:00:00", "23:59:59.999999999"),
    "TIME WITH TIME ZONE": ("24:00:00-15:59", "00:00:00+15:59:59", "12:00:00.000001+00"),
    "TIMESTAMP": ("infinity", "-infinity", "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775806"),
    "TIMESTAMP_S": ("infinity", "-infinity", "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54"),
    "TIMESTAMP_MS": ("infinity", "-infinity", "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775"),
    "TIMESTAMP_NS": ("infinity", "-infinity", "1677-09-21 00:12:43.145225", "2262-04-11 23:47:16.854775806"),
    "TIMESTAMP WITH TIME ZONE": ("infinity", "-infinity", "290309-12-22 (BC) 00:00:00+00", "2020-06-01 12:00:00.000001+02"),
    "TIMESTAMPTZ_NS": ("infinity", "-infinity", "2262-04-11 23:47:16.854775806+00"),
    "INTERVAL": ("-3 months 2 days 5 microseconds", "178956970 years 7 months", "30 days", "1 month", "0 days"),
    "INTEGER[]": ("[]", "[NULL]", "[1, NULL, 3]"),
    "INTEGER[3]": ("[1, NULL, 3]", "[NULL, NULL, NULL]"),
    "HUGEINT[2][]": ("[]", "[[1, 2], NULL]"),
    "STRUCT(a INTEGER, \"b c\" VARCHAR)": ("{'a': NULL, 'b c': NULL}", "{'a': 1, 'b c': 'x'}"),
    "STRUCT(h HUGEINT, e ENUM('a', 'b')[], s STRUCT(i INTERVAL))": (
        "{'h': 1, 'e': [a, NULL, b], 's': {'i': -1 month}}",
        "{'h': NULL, 'e': NULL, 's': NULL}",
    ),
    "MAP(VARCHAR, INTEGER)": ("{}", "{a=1, b=NULL}"),
    "MAP(HUGEINT, INTEGER[2])": ("{5=[1, 2]}",),
    "GEOMETRY": ("POINT (1 2)", "POINT EMPTY", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "POINT Z (1 2 3)"),
    "GEOMETRY('OGC:CRS84')": ("POINT (1 2)",),
}  # fmt: skip
EXPRESSIONS = {
    NESTED: ("union_value(k := 5)", "union_value(s := 'q')", "union_value(tag := 'a')", "union_value(s := null)"),
    f"{NESTED}[]": ("[union_value(s := 'q')]", "[]", "[null]"),
    f"{NESTED}[1]": ("[union_value(s := 'q')]",),
    f"MAP(VARCHAR, {NESTED})": ("map {'x': union_value(k := 7)}", "map {}"),
    f"STRUCT(u {NESTED}, n INTEGER)": ("{'u': union_value(k := 7), 'n': null}", "{'u': null, 'n': 1}"),
    "UNION(a UNION(b HUGEINT)[])": ("union_value(a := [union_value(b := 1)])",),
    f"TUPLE(INTEGER, {NESTED})": ("row(1, union_value(k := 3))",),
    "TUPLE(INTEGER, HUGEINT)": ("row(1, null)",),
    '"NULL"': ("null",),
    '"NULL"[]': ("[]", "[null]"),
}  # fmt: skip
LISTED_TYPES = {
    "ARRAY", "LIST", "STRUCT", "MAP", "UNION", "TUPLE", "NULL", "DECIMAL", "ENUM", "GEOMETRY",
}  # fmt: skip
REFUSED = {"VARIANT": "1::VARIANT", "TYPE": "'int'::TYPE"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(tmp_path, threads=1, memory_bytes=200 << 20)
    yield opened
    opened.close()


def query_of(kind: str) -> str:
    values = [f"cast({v} as {kind})" for v in EXPRESSIONS.get(kind, ())]
    values += [f"cast({literal(v)} as {kind})" for v in VALUES.get(kind, ())]
    rows = "\nunion all ".join(
        f"select {value} as v" for value in (*values, f"cast(null as {kind})")
    )
    return f"select row_number() over () as n, v from ({rows})"


@pytest.mark.parametrize("kind", sorted({*VALUES, *EXPRESSIONS}))
def test_a_type_is_read_as_it_was_written(engine: DuckDBEngine, tmp_path: Path, kind: str) -> None:
    schema = engine.describe(query_of(kind), {})
    engine.write(query_of(kind), {}, schema, tmp_path / "t.parquet")
    scan = engine.scan(schema, [tmp_path / "t.parquet"])

    assert schema.columns[1].type == kind
    assert engine.describe(f"from {scan}", {}) == schema
    shown = "select n, v::varchar, v is null from ({}) order by n"
    assert engine.rows(shown.format(f"from {scan}")) == engine.rows(shown.format(query_of(kind)))
    sums = f"select {', '.join(engine.digest_columns(schema))} from ({{}})"
    assert engine.rows(sums.format(f"from {scan}")) == engine.rows(sums.format(query_of(kind)))


@pytest.mark.parametrize("kind", sorted({*VALUES, *EXPRESSIONS}))
def test_rows_held_in_memory_are_what_their_file_gives_back(
    engine: DuckDBEngine, tmp_path: Path, kind: str
) -> None:
    with engine.hold(query_of(kind), {}) as held:
        assert held is not None
        assert held.schema == engine.describe(query_of(kind), {})
        engine.write(f"from {held.table}", {}, held.schema, tmp_path / "t.parquet")
        scan = engine.scan(held.schema, [tmp_path / "t.parquet"])
        sums = f"select count(*), {', '.join(engine.digest_columns(held.schema))} from {{}}"
        assert engine.rows(sums.format(scan)) == engine.rows(sums.format(held.table))


@pytest.mark.parametrize("kind", sorted({*VALUES, *EXPRESSIONS}))
def test_an_empty_table_keeps_its_types(engine: DuckDBEngine, tmp_path: Path, kind: str) -> None:
    query = f"select * from ({query_of(kind)}) where n < 0"
    schema = engine.describe(query, {})
    written = engine.write(query, {}, schema, tmp_path / "t.parquet")

    assert written.rows == 0
    assert engine.describe(f"from {engine.scan(schema, [tmp_path / 't.parquet'])}", {}) == schema
    assert engine.describe(f"from {engine.scan(schema, [])}", {}) == schema
    assert engine.rows(f"from {engine.scan(schema, [])}") == []


def test_every_type_the_engine_lists_is_covered(engine: DuckDBEngine) -> None:
    listed = {row[0] for row in engine.rows("select distinct logical_type from duckdb_types()")}
    assert listed - {*VALUES, *REFUSED, *LISTED_TYPES} == set()


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_a_type_without_lossless_form_is_refused(engine: DuckDBEngine, kind: str) -> None:
    with pytest.raises(TaskFailed) as refused:
        engine.describe(f"select [{REFUSED[kind]}] as v", {})
    assert refused.value.code == "ENG012"


@pytest.mark.parametrize("value", ["170141183460469231731687303715884105727", "-1" + "0" * 38])
def test_a_hugeint_that_does_not_fit_is_refused(
    engine: DuckDBEngine, tmp_path: Path, value: str
) -> None:
    query = f"select [cast('{value}' as HUGEINT)] as v"
    schema = engine.describe(query, {})
    with pytest.raises(TaskFailed) as refused:
        engine.write(query, {}, schema, tmp_path / "t.parquet")
    assert refused.value.code == "ENG017"
    assert value not in str(refused.value.problems)
