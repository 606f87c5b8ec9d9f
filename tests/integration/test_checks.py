"""Every kind of check on a real engine: types, nulls, NaN, signed zero, names and literals that need quoting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Relationship,
    RowCount,
    SqlCheck,
    Tolerance,
    Unique,
)
from andon.sql.read import read_sql
from tests.judging import Table

if TYPE_CHECKING:
    import duckdb


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def values(engine: duckdb.DuckDBPyConnection, type_: str, *items: str, **others: str) -> Table:
    """One column `c` of a type."""
    rows = ", ".join(f"(cast({item} as {type_}))" for item in items)
    query = f"select * from (values {rows}) as v(c)"
    return Table(engine, query, others={f"raw.{name}": other for name, other in others.items()})


TYPES = {
    "TINYINT": ("-128", "127"),
    "HUGEINT": (
        "-170141183460469231731687303715884105728",
        "170141183460469231731687303715884105727",
    ),
    "UBIGINT": ("0", "18446744073709551615"),
    "DECIMAL(38,10)": ("'-9999999999999999999999999999.0000000001'", "'0.0000000001'"),
    "DOUBLE": ("'nan'", "'-infinity'"),
    "FLOAT": ("0.1", "'infinity'"),
    "BOOLEAN": ("true", "false"),
    "VARCHAR": ("''", "'it''s \"quoted\"'"),
    "BLOB": ("'\\x00'", "''"),
    "UUID": ("'00000000-0000-0000-0000-000000000001'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    "DATE": ("'infinity'", "'0001-01-01'"),
    "TIME": ("'00:00:00'", "'23:59:59.999999'"),
    "TIMESTAMP": ("'-infinity'", "'2026-01-01 00:00:00.000001'"),
    "TIMESTAMP_NS": ("'2026-01-01 00:00:00.000000001'", "'2026-01-01'"),
    "TIMESTAMP WITH TIME ZONE": ("'2026-01-01 00:00:00+00'", "'2026-01-01 00:00:00+01'"),
    "INTERVAL": ("'1 day'", "'2 days'"),
    "ENUM('a', 'it''s')": ("'a'", "'it''s'"),
    "INTEGER[]": ("[]", "[null]"),
    "STRUCT(a INTEGER, b VARCHAR)": ("{'a': null, 'b': ''}", "{'a': 1, 'b': null}"),
}


@pytest.mark.parametrize("rows", [None, 5])
@pytest.mark.parametrize(("type_", "items"), TYPES.items(), ids=list(TYPES))
def test_unique_tells_the_values_of_every_type_apart(
    engine: duckdb.DuckDBPyConnection, type_: str, items: tuple[str, str], rows: int | None
) -> None:
    one, two = items
    table = values(engine, type_, one, two, one, "null", "null")
    assert table.failing(Unique(columns=("c",)), rows=rows) == [2]
    assert table.failing(Unique(columns=("c",), keep_first_by=("c",)), rows=rows) == [1]
    assert len(table.failing_rows(Unique(columns=("c",)))) == 2


@pytest.mark.parametrize(("type_", "items"), TYPES.items(), ids=list(TYPES))
def test_relationship_finds_the_values_of_every_type(
    engine: duckdb.DuckDBPyConnection, type_: str, items: tuple[str, str]
) -> None:
    one, two = items
    others = f"select cast({one} as {type_}) as k union all select null"
    table = values(engine, type_, one, two, two, "null", o=others)
    check = Relationship(columns=("c",), to_asset="raw.o", to_columns=("k",))
    assert table.failing(check) == table.failing(check, rows=4) == [2]
    assert len(table.failing_rows(check)) == 2


@pytest.mark.parametrize(
    ("type_", "accepted"),
    [
        ("VARCHAR", ("a", "it's")), ("INTEGER", (1, -2)), ("BOOLEAN", (True,)),
        ("DECIMAL(10,2)", (0.1, "12.50")), ("DOUBLE", (0.1, float("nan"))), ("FLOAT", (0.1,)),
        ("DATE", ("2026-01-31",)), ("TIMESTAMP", ("2026-01-31 10:00", "2026-01-31T10:00:00.5")),
        ("TIMESTAMP WITH TIME ZONE", ("2026-01-31 10:00:00Z",)), ("TIME", ("10:00:00",)),
        ("ENUM('a', 'it''s')", ("it's",)), ("HUGEINT", (2**100,)), ("JSON", ('{"a":1}',)),
        ("UUID", ("00000000-0000-0000-0000-000000000001",)), ("BLOB", ("ab",)),
    ],
)  # fmt: skip
def test_accepted_takes_listed_values_in_the_type_of_the_column(
    engine: duckdb.DuckDBPyConnection, type_: str, accepted: tuple[str | int | float, ...]
) -> None:
    listed = ["'" + str(value).replace("'", "''") + "'" for value in accepted]
    table = values(engine, type_, *listed, "null")
    check = Accepted(column="c", values=accepted)
    assert table.problems(check) == ()
    assert table.failing(check) == [0]


@pytest.mark.parametrize(
    ("type_", "item"),
    [("VARCHAR", "'A'"), ("INTEGER", "3"), ("BOOLEAN", "false"), ("DOUBLE", "'nan'")],
)
def test_accepted_fails_other_values_and_passes_null(
    engine: duckdb.DuckDBPyConnection, type_: str, item: str
) -> None:
    listed: dict[str, tuple[str | int | float | bool, ...]] = {
        "VARCHAR": ("a", "b"), "INTEGER": (1, 2), "BOOLEAN": (True,), "DOUBLE": (0.5,)
    }  # fmt: skip
    table = values(engine, type_, item, "null")
    assert table.failing(Accepted(column="c", values=listed[type_])) == [1]
    assert table.failing(Accepted(column="c", values=(None,))) == [1]


@pytest.mark.parametrize(
    ("type_", "low", "high", "items", "failing"),
    [
        ("INTEGER", 0.5, 2.5, ("0", "1", "2", "3", "null"), 2),
        ("TINYINT", -1000, 1000, ("-128", "127"), 0),
        ("TINYINT", 1000, None, ("127", "null"), 1),
        ("UINTEGER", -3, None, ("0", "4294967295"), 0),
        ("DECIMAL(4,2)", "0.005", "99.999", ("0.00", "0.01", "99.99"), 1),
        ("HUGEINT", 2**100, None, (str(2**100), str(2**100 - 1)), 1),
        ("DOUBLE", 0, None, ("-0.0", "'nan'", "'infinity'", "-1e-300"), 2),
        ("DOUBLE", None, 1, ("1", "'nan'", "'-infinity'"), 1),
        ("FLOAT", 0.1, 0.1, ("0.1", "0.2"), 1),
        ("VARCHAR", "b", "c", ("'a'", "'b'", "'c'", "'ca'", "null"), 2),
        ("DATE", "2026-01-01", "2026-01-31", ("'2025-12-31'", "'2026-01-01'", "'infinity'"), 2),
        ("TIMESTAMP", "2026-01-01 00:00:00", None, ("'2025-12-31 23:59:59.999999'", "'2026-01-01'"), 1),
        ("TIMESTAMP WITH TIME ZONE", None, "2026-01-01 00:00:00+01", ("'2025-12-31 23:00:00+00'", "'2026-01-01 00:00:00+00'"), 1),
        ("ENUM('low', 'mid', 'high')", "mid", None, ("'low'", "'mid'", "'high'"), 1),
        ("BOOLEAN", True, None, ("true", "false", "null"), 1),
        ("INTEGER", None, float("inf"), ("1",), 0),
    ],
)  # fmt: skip
def test_range_includes_both_bounds_and_fails_nan(
    engine: duckdb.DuckDBPyConnection,
    type_: str,
    low: str | float | None,
    high: str | float | None,
    items: tuple[str, ...],
    failing: int,
) -> None:
    check = Range(column="c", min=low, max=high)
    table = values(engine, type_, *items)
    assert table.problems(check) == ()
    assert table.failing(check) == [failing]
    assert len(table.failing_rows(check)) == failing


@pytest.mark.parametrize(
    ("regex", "items", "failing"),
    [
        ("[a-z]+", ("'abc'", "'ABC'", "'abc1'", "''", "null"), 3),
        ("[a-z]*", ("'abc'", "''", "' '"), 1),
        ("a|ab", ("'ab'", "'a'", "'abc'"), 1),
        ("(?i)abc", ("'ABC'", "'abcd'"), 1),
        (r"\d{3}", ("'123'", "'1234'"), 1),
        ("a.b", ("'a' || chr(10) || 'b'", "'axb'"), 1),
        ("a", ("'a' || chr(10)",), 1),
        ("it's", ("'it''s'",), 0),
    ],
)  # fmt: skip
def test_pattern_matches_in_full_and_in_case(
    engine: duckdb.DuckDBPyConnection, regex: str, items: tuple[str, ...], failing: int
) -> None:
    table = values(engine, "VARCHAR", *items)
    wanted = f"select count_if(not regexp_full_match(c, '{regex.replace(chr(39), chr(39) * 2)}'))"
    assert table.failing(Pattern(column="c", regex=regex)) == [failing]
    assert table.rows(f"{wanted} from {table.relation}") == [(failing,)]


def test_zero_equals_negative_zero_as_key_and_as_reference(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = values(engine, "DOUBLE", "0.0", "-0.0", o="select -0.0::DOUBLE as k")
    relation = Relationship(columns=("c",), to_asset="raw.o", to_columns=("k",))
    assert table.failing(Unique(columns=("c",)), relation, rows=2) == [2, 0]
    assert table.failing(Unique(columns=("c",)), relation) == [2, 0]


def test_a_composite_key_with_a_null_part_is_not_compared(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    query = "select * from (values (1, 'a'), (1, 'a'), (1, null), (1, null), (2, 'a')) as v(a, b)"
    table = Table(engine, query, others={"raw.o": "select 1 as x, 'a' as y"})
    unique = Unique(columns=("a", "b"))
    relation = Relationship(columns=("a", "b"), to_asset="raw.o", to_columns=("x", "y"))
    assert table.failing(unique, relation) == table.failing(unique, relation, rows=5) == [2, 1]


def test_a_relationship_to_the_own_asset_is_judged_on_the_rows_themselves(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = Table(engine, "select * from (values (1, null), (2, 1), (3, 9)) as v(id, parent)")
    check = Relationship(columns=("parent",), to_asset="raw.t", to_columns=("id",))
    assert table.failing(check) == [1]
    assert table.failing_rows(check) == [(3, 9)]


def test_a_condition_passes_null_and_may_end_in_a_comment(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = values(engine, "INTEGER", "1", "-1", "null")
    assert table.failing(Expect(condition="t.c > 0 -- positive")) == [1]
    assert table.failing_rows(Expect(condition="c > 0 or false -- positive")) == [(-1,)]


def test_a_clock_in_a_condition_shows_the_logical_time(engine: duckdb.DuckDBPyConnection) -> None:
    table = values(engine, "DATE", "'2026-01-05'", "'2026-01-06'")
    assert table.failing(Expect(condition="c <= current_date")) == [1]
    assert table.failing(Expect(condition="c <= now()::DATE")) == [1]


@pytest.mark.parametrize(
    ("items", "seen", "verdict"),
    [
        (("'2026-01-04'", "null"), "newest 1.5 days old, limit 2 days", "pass"),
        (("'2026-01-03 11:59:59'",), "newest 2 days old, limit 2 days", "fail"),
        (("'2026-01-06'",), "newest 12 hours in the future", "pass"),
        (("'2026-01-09'", "'2026-01-04'"), "newest 3.5 days in the future, at most 1 day allowed", "fail"),
        (("'infinity'",), "newest is infinite, limit 2 days", "fail"),
        (("null",), "no value in 1 row, limit 2 days", "fail"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "type_", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMP_S"]
)
def test_freshness_tells_the_age_of_the_newest_value(
    engine: duckdb.DuckDBPyConnection, type_: str, items: tuple[str, ...], seen: str, verdict: str
) -> None:
    table = values(engine, type_, *items)
    (result,) = table.audit(Freshness(column="c", max_age_s=172_800)).results
    assert (result.observed, result.verdict) == (seen, verdict)


def test_an_empty_table_is_not_fresh_and_passes_row_checks(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = Table(engine, "select 1 as c, date '2026-01-01' as d where false")
    checks = (
        Freshness(column="d", max_age_s=60),
        RowCount(min=1),
        Unique(columns=("c",)),
        NotNull(column="c"),
    )
    for rows in (None, 0):
        results = table.audit(*checks, rows=rows).results
        assert [result.failing for result in results] == [1, 1, 0, 0]
        assert results[0].observed == "no rows, limit 1 minute"
        assert results[1].observed == "0 rows, at least 1 expected"


def test_a_check_file_fails_each_row_it_returns(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, "select * from range(5) as v(id)", others={"raw.o": "select 3 as id"})
    text = "select t.id from raw.t join raw.o using (id) -- none in both\n;"
    body, problems = read_sql(text, 0, "checks/both.sql")
    check = SqlCheck(path="checks/both.sql", sql=text, reads=body.reads, body=body)
    assert problems == ()
    assert table.failing(check) == [1]
    assert table.failing_rows(check) == [(3,)]


def test_names_that_need_quoting_are_quoted(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, 'select 1 as "a ""b""", \'x\' as "select", 2 as "ünï"')
    checks: tuple[Check, ...] = (
        NotNull(column='a "b"'),
        Unique(columns=('a "b"', "select"), keep_first_by=("ünï desc",)),
        Accepted(column="select", values=("x'); drop table t; --",)),
        Range(column="ünï", max=1),
        Relationship(columns=("ünï",), to_asset="raw.t", to_columns=('a "b"',)),
    )
    assert table.failing(*checks) == table.failing(*checks, rows=1) == [0, 0, 1, 1, 1]


def test_failing_rows_are_limited(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, "select null as c from range(10)")
    assert len(table.failing_rows(NotNull(column="c"), limit=3)) == 3


def test_tolerance_decides_the_verdict_and_warn_never_stops(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = values(engine, "INTEGER", "1", "null", "null", "4")
    results = table.audit(
        NotNull(column="c", tolerance=Tolerance(share=0.5)),
        NotNull(column="c", tolerance=Tolerance(rows=1)),
        NotNull(column="c", on_fail="warn"),
    ).results
    assert [result.verdict for result in results] == ["pass", "fail", "warn"]
    assert {result.observed for result in results} == {"2 of 4 rows"}


@pytest.mark.parametrize("type_", ["VARCHAR", "INTEGER", "DOUBLE", "DECIMAL(12,2)"])
def test_many_accepted_values_are_looked_up(engine: duckdb.DuckDBPyConnection, type_: str) -> None:
    query = f"select i::{type_} as c from range(200) as v(i) union all select null"
    check = Accepted(column="c", values=(None, *range(150)))
    table = Table(engine, query)
    assert table.failing(check) == table.failing(check, rows=201) == [50]
    assert len(table.failing_rows(check)) == 50


@pytest.mark.parametrize("rows", [None, 5])
def test_keys_of_a_collated_view_are_compared_as_its_readers_compare_them(
    engine: duckdb.DuckDBPyConnection, rows: int | None
) -> None:
    table = Table(engine, "select unnest(['a', 'A', 'b', 'c', null]) collate nocase as c")
    assert table.failing(Unique(columns=("c",)), rows=rows) == [2]
